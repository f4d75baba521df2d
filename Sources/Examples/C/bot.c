/* A bot that asks the gate before each order.   cc bot.c -lestop -o bot && ./bot NAME SCOPE   (desk: ESTOP_STATE) */

#include <err.h>
#include <stdio.h>
#include <string.h>

#include "estop.h"

int main(int count, char **arguments) {
    const char *name = count > 1 ? arguments[1] : "example-c", *scope = count > 2 ? arguments[2] : "venue=paper";
    const char *last = NULL;
    estop_gate *gate;

    if (estop_open(&gate, NULL, name, scope, 3000000000) != 0) /* promises a beat every 3 s */
        errx(1, "%s", estop_error());
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned tick = 0;; tick++) {
        uint32_t seen = estop_state(gate);
        const char *why = estop_permits(gate) ? "" : estop_why(gate);
        /* Where it says PERMITTED, a bot would send its order. */
        if (last == NULL || strcmp(why, last) != 0)
            printf("%s %s%s\n", name, *why == '\0' ? "PERMITTED" : "REFUSED: ", why);
        last = why;
        if (tick % 10 == 0)
            estop_beat(gate);
        estop_wait(gate, seen, 100); /* sleeps, and is woken by a halt at once */
    }
}
