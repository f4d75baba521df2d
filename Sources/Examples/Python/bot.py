"""A bot that asks the gate before each order: python3 bot.py NAME SCOPE   (desk: ESTOP_STATE)"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Python"))
import estop  # noqa: E402

name, scope = (sys.argv[1:] + ["example-python", "venue=paper"][len(sys.argv) - 1 :])[:2]
last = None
tick = 0

try:
    with estop.Gate(name=name, scope=scope, interval=3.0) as gate:
        while True:
            seen = gate.state
            why = "" if gate.permits() else gate.why
            # Where it says PERMITTED, a bot would send its order.
            if why != last:
                print(name, f"REFUSED: {why}" if why else "PERMITTED", flush=True)
            last = why
            if tick % 10 == 0:
                gate.beat()
            tick += 1
            gate.wait(seen, 0.1)  # sleeps, and is woken by a halt at once
except KeyboardInterrupt:
    pass
