"""State directories and pages made by hand, from DESIGN.md's tables alone: no code of estop is used here."""

import os
import shutil
import struct
import tempfile
import time
import unittest

UNKNOWN, LIVE, PAPER, REDUCE_ONLY, HALTED = range(5)
SECOND = 1_000_000_000
SLOT_SIZE, SLOTS = 256, 256
LIBRARY = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../Sources"))


def now() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def boot_id() -> bytes:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return bytes.fromhex(file.read().strip().replace("-", ""))


def word(generation: int, mode: int) -> int:
    return generation << 3 | mode


def halt_page(state=None, *, magic=b"ESTOPPG1", version=1, beat=None, dead_man=0, boot=None, entries=()) -> bytes:
    """A whole halt.page.  `entries`: (mode, scope) or (index, mode, scope)."""
    page = bytearray(4096)
    page[0:8] = magic
    struct.pack_into("<I", page, 8, version)
    struct.pack_into("<I", page, 16, word(2, LIVE) if state is None else state)
    struct.pack_into("<Q", page, 24, now())
    struct.pack_into("<Q", page, 32, now() if beat is None else beat)
    struct.pack_into("<Q", page, 40, dead_man)
    page[48:64] = boot_id() if boot is None else boot
    for position, entry in enumerate(entries):
        index, mode, scope = entry if len(entry) == 3 else (position, *entry)
        struct.pack_into("<II120s", page, 1024 + 128 * index, mode, 0x1234ABCD, scope.encode())
    return bytes(page)


class StateDirectory:
    """A desk's state directory with its run directory on tmpfs, as the kill switch lays them out."""

    def __init__(self, page=None, gates=None):
        self.path = tempfile.mkdtemp(prefix="estop-py-")
        status = os.stat(self.path)
        self.run = f"/dev/shm/estop-{status.st_uid}-{status.st_dev:x}-{status.st_ino:x}"
        shutil.rmtree(self.run, ignore_errors=True)
        os.mkdir(self.run, 0o700)
        for name in ("halt.page", "gates.page"):
            os.symlink(f"{self.run}/{name}", f"{self.path}/{name}")
        self.put("halt.page", halt_page() if page is None else page)
        self.put("gates.page", bytes(SLOTS * SLOT_SIZE) if gates is None else gates)

    def own(self, page: bytes) -> bytes:
        """The page as this desk's: device and inode of the state directory."""
        status = os.stat(self.path)
        return page[:64] + struct.pack("<QQ", status.st_dev, status.st_ino) + page[80:]

    def put(self, name: str, content: bytes) -> None:
        """Write a page under another name and move it into place: another inode than the one that was there."""
        if name == "halt.page" and len(content) >= 80:
            content = self.own(content)
        with open(f"{self.run}/{name}.new", "wb") as file:
            file.write(content)
        os.chmod(file.name, 0o666)
        os.replace(file.name, f"{self.run}/{name}")

    def store(self, offset: int, form: str, value, name="halt.page") -> None:
        """Store into the page in place."""
        file = os.open(f"{self.run}/{name}", os.O_WRONLY)
        os.pwrite(file, struct.pack(form, value), offset)
        os.close(file)

    def set_word(self, value: int) -> None:
        self.store(16, "<I", value)

    def set_beat(self, value: int) -> None:
        self.store(32, "<Q", value)

    def set_entry(self, index: int, mode: int, scope: str = "") -> None:
        self.store(1024 + 128 * index + 8, "120s", scope.encode())
        self.store(1024 + 128 * index, "<I", mode)

    def slots(self):
        """What a slot holds, by index, for every slot with a pid; {} without a regular gates.page."""
        if not os.path.isfile(f"{self.run}/gates.page"):
            return {}
        with open(f"{self.run}/gates.page", "rb") as file:
            content = file.read()
        found = {}
        for index in range(len(content) // SLOT_SIZE):
            slot = content[index * SLOT_SIZE : (index + 1) * SLOT_SIZE]
            fields = struct.unpack_from("<I4xQI4xQQQQQ64s128s", slot)
            keys = ("pid", "start", "state", "host_beat", "beat", "checks", "refusals", "interval", "name", "scope")
            if fields[0]:
                found[index] = dict(zip(keys, fields))
                for key in ("name", "scope"):
                    found[index][key] = found[index][key].rstrip(b"\0").decode(errors="replace")
        return found

    def path_to(self, name: str) -> str:
        return f"{self.path}/{name}"

    def remove(self) -> None:
        # The pages first: once the directory is gone its inode may be another desk's.
        shutil.rmtree(self.run, ignore_errors=True)
        shutil.rmtree(self.path, ignore_errors=True)


class PagesTestCase(unittest.TestCase):
    """Tests that make state directories, and environments without estop's variables."""

    def setUp(self):
        for name in ("TRADING_MODE", "ESTOP_STATE", "ESTOP_LIB"):
            value = os.environ.pop(name, None)
            if value is not None:
                self.addCleanup(os.environ.__setitem__, name, value)

    def directory(self, page=None, gates=None) -> StateDirectory:
        made = StateDirectory(page, gates)
        self.addCleanup(made.remove)
        return made

    def setenv(self, name: str, value: str) -> None:
        os.environ[name] = value
        self.addCleanup(os.environ.pop, name, None)


def cost(call, rounds: int = 5, count: int = 200_000) -> float:
    """Nanoseconds per call: the best round, without the loop."""
    best = None
    for _ in range(rounds):
        start = time.perf_counter_ns()
        for _ in range(count):
            pass
        empty = time.perf_counter_ns() - start
        start = time.perf_counter_ns()
        for _ in range(count):
            call()
        spent = (time.perf_counter_ns() - start - empty) / count
        best = spent if best is None else min(best, spent)
    return best
