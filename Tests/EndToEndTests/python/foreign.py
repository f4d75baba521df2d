"""A foreign citizen: a bot that knows only DESIGN.md's tables, and uses no code of estop.

    python3 foreign.py STATE NAME SCOPE SECONDS

Claims a slot of gates.page, checks 20 times a second and stores what it saw.  Prints one line of JSON when it has its
slot, one whenever what it decides changes, and gives the slot back when its time is over.
"""

import fcntl
import json
import mmap
import os
import struct
import sys
import time

SLOTS, SLOT_SIZE = 256, 256
F_OFD_SETLK = getattr(fcntl, "F_OFD_SETLK", 37)


def boottime():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def say(**what):
    print(json.dumps(what), flush=True)


def claim(gates):
    """The first slot without a pid, else the first whose lock nobody holds."""
    content = os.pread(gates, SLOTS * SLOT_SIZE, 0)
    unused = [slot for slot in range(SLOTS) if content[slot * SLOT_SIZE : slot * SLOT_SIZE + 4] == bytes(4)]
    for slot in unused + [slot for slot in range(SLOTS) if slot not in unused]:
        try:
            fcntl.fcntl(gates, F_OFD_SETLK, struct.pack("@hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, slot * SLOT_SIZE, 1, 0))
            return slot
        except OSError:
            continue
    sys.exit("all slots are taken")


def start_time():
    with open("/proc/self/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])


def decide(page32, page64, scope):
    """The word and the beat that were seen, and whether an order may be sent.  Any scoped restriction refuses."""
    word, beat = page32[4], page64[4]
    mode, limit = word & 7, page64[5]
    permitted = mode == 1 or (mode == 2 and "venue=paper" in scope.split(","))
    if any(page32[256 + 32 * entry] not in (0, 1, 7) for entry in range(24)):
        permitted = False
    if limit and not -1_000_000_000 <= boottime() - beat <= limit:
        permitted = False
    return word, beat, permitted


def main():
    state, name, scope, seconds = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
    halt = os.open(f"{state}/halt.page", os.O_RDONLY)
    gates = os.open(f"{state}/gates.page", os.O_RDWR)
    page = mmap.mmap(halt, 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        boot = bytes.fromhex(file.read().strip().replace("-", ""))
    if page[:8] != b"ESTOPPG1" or page[8:12] != b"\1\0\0\0" or page[48:64] != boot:
        sys.exit("not a page of layout 1 and of this boot")
    index = claim(gates)
    table = mmap.mmap(gates, SLOTS * SLOT_SIZE)
    slot = memoryview(table)[index * SLOT_SIZE : (index + 1) * SLOT_SIZE]
    slot32, slot64 = slot.cast("I"), slot.cast("Q")
    slot32[0] = 0
    slot[8:256] = bytes(248)
    slot64[1] = start_time()
    slot64[7] = 1_000_000_000
    slot[64 : 64 + len(name.encode())] = name.encode()
    slot[128 : 128 + len(scope.encode())] = scope.encode()
    slot32[0] = os.getpid()
    say(slot=index, pid=os.getpid())

    page32, page64 = memoryview(page).cast("I"), memoryview(page).cast("Q")
    last = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        word, beat, permitted = decide(page32, page64, scope)
        slot64[3] = beat
        slot64[4] = boottime()
        slot64[5] += 1
        slot64[6] += not permitted
        slot32[4] = word
        if (word, permitted) != last:
            say(word=word, permitted=permitted)
            last = (word, permitted)
        time.sleep(0.05)
    slot32[0] = 0
    slot[:] = bytes(SLOT_SIZE)


if __name__ == "__main__":
    main()
