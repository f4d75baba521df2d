"""The gate that a trading bot asks before each order, and the halt, in one file.

A desk of the emergency stop `estop` keeps its state in two small shared pages.  A gate maps them; asking costs less
than a microsecond and neither blocks nor calls the kernel while nothing has changed:

    import estop

    with estop.Gate(name="grid-btc", scope="venue=paper,strategy=grid") as gate:
        while True:
            if gate.permits():
                send_order()
            else:
                print("refused:", gate.why)

Everything that is not certain refuses: no page, a page of another boot, a wrong magic number or layout version, a
host that stopped beating, a page that was replaced or cut short, a stop file.  The same rules, byte for byte, as
libestop (estop.h) and the Swift `Gate`.

`halt("reason")` halts all trading, from any process that can reach the state directory.

Threads: one gate per thread that sends orders.  Forks: a child's inherited gate refuses for ever; open a new one in
the child.  Standard library only, Python 3.9 or later, Linux, 64 bit, little-endian; `ctypes` is used where it is
there (to sleep in `Gate.wait` without polling, and to halt through libestop), and nothing needs it.  On another system
(macOS, Windows) the module imports, a `Gate` refuses and says why, and `halt` raises HaltFailed.  For a backtest or a
test, which has no desk, `Gate.always()` makes a gate that permits everything; nothing else ever does.

What remains: a page that somebody truncates is noticed at the next `beat`, `wait` or change and refuses; a check
before that touches a page that is not there, and the kernel ends the process with SIGBUS.  Python cannot catch it
(libestop does).  A bot that is dead sends no orders; its slot is shown as dead.
"""

import errno
import json
import mmap
import os
import re
import socket
import stat
import struct
import sys
import threading
import time
import weakref
from typing import NamedTuple, Optional

try:
    import fcntl
except ImportError:  # Windows: every gate refuses, and `halt` fails loudly
    fcntl = None
try:
    import ctypes
except ImportError:  # a Python built without libffi: `wait` polls, and `halt` leaves the stop file
    ctypes = None

__all__ = ["Error", "Gate", "Halt", "HaltFailed", "LAYOUT_VERSION", "TableFull", "default_state", "halt"]
__version__ = "1.0.0"

#: The layout of the pages that this file understands.  Another one is refused, and `Gate.why` says so.
LAYOUT_VERSION = 1

# The pages, as DESIGN.md has them.  A memoryview that is cast to 'I' or 'Q' reads and writes an item with one memcpy
# of 4 or 8 bytes, which CPython's compilers turn into a single aligned load or store: what the other side sees is the
# old value or the new one, never half of each.  Python has no compare-and-swap; a gate needs none, and nothing here
# ever writes to halt.page.
_MAGIC = b"ESTOPPG1"
_HALT_SIZE = 4096
_STATE, _BEAT, _DEAD_MAN = 16 // 4, 32 // 8, 40 // 8  # halt.page: index in the 'I' or the 'Q' view
_ENTRIES, _ENTRY_AT, _ENTRY_SIZE = 24, 1024, 128
_FREE, _DEAD = 0, 7

_SLOTS, _SLOT_SIZE = 256, 256
_GATES_SIZE = _SLOTS * _SLOT_SIZE
_SLOT_PID, _SLOT_START, _SLOT_STATE = 0, 8 // 8, 16 // 4
_SLOT_HOST_BEAT, _SLOT_BEAT, _SLOT_CHECKS, _SLOT_REFUSALS, _SLOT_INTERVAL = 24 // 8, 32 // 8, 40 // 8, 48 // 8, 56 // 8
_SLOT_NAME, _NAME_SIZE, _SLOT_SCOPE, _SCOPE_SIZE = 64, 64, 128, 128

# Modes: the low three bits of the state word.
_UNKNOWN, _LIVE, _PAPER, _REDUCE_ONLY, _HALTED = range(5)
_MODE_NAMES = ("unknown", "live", "paper", "reduce-only", "halted")
_DESKS_FOLDER = re.compile(r"estop-[0-9]+-[0-9a-f]+-[0-9a-f]+\Z")
_SCOPE_KEYS = (b"venue", b"account", b"strategy", b"symbol")

_SECOND = 1_000_000_000
_FUTURE_LIMIT = _SECOND  # a beat further ahead than this is stale too
_LOOK_INTERVAL = _SECOND // 4
_POLL = 0.005  # between two looks of a wait without futex
_STOP_FILE = "EMERGENCY_STOP"
_MADV_WIPEONFORK = 18
_F_OFD_GETLK, _F_OFD_SETLK = 36, 37
_F_WRLCK, _F_UNLCK = 1, 2  # Linux
_O_CLOEXEC, _O_NOFOLLOW = getattr(os, "O_CLOEXEC", 0), getattr(os, "O_NOFOLLOW", 0)
_NETWORK_NAMES = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "lustre", "gpfs", "coda", "afs", "aufs"}
_NETWORK_MAGICS = {
    0x6969, 0x517B, 0xFF534D42, 0xFE534D42, 0x01021997, 0x00C36400, 0x0BD00BD0, 0x47504653, 0x73757245, 0x5346414F,
    0x6B414653, 0x61756673, 0x65735546,
}  # fmt: skip

_WHY_HALTED = "trading is halted"
_WHY_SCOPE = "trading is halted for this bot's scope"
_WHY_PAPER = "paper trading only, and this bot's scope does not say venue=paper"
_WHY_REDUCE = "reduce-only: only orders that shrink a position are permitted"
_WHY_UNKNOWN = "the page says unknown"
_WHY_ENVIRONMENT = "TRADING_MODE in this bot's environment forbids it"
_WHY_STOP_FILE = "the stop file EMERGENCY_STOP is there, or was and nobody has resumed since"
_WHY_DEAD_MAN = "the host has not beaten within the dead-man limit (is 'estop serve' running?)"
_WHY_FORK = "this gate was inherited by a forked child: open a new one"
_WHY_CLOSED = "this gate is closed"
_WHY_FULL = "all 256 slots of gates.page are taken"
_WHY_NETWORK = "the state directory is on a network file system: estop needs a local one"
_WHY_MACHINE = "estop.py needs a 64-bit little-endian machine"
_WHY_SYSTEM = (
    f"estop needs Linux, and this is {sys.platform}: every order is refused (for a backtest or a test: Gate.always())"
)
_WHY_MOVED = (
    "the path of the state directory leads elsewhere by now: the directory was moved, replaced or removed while it was "
    "used. Put it back, or restart this process on the desk that is there now"
)
_WHY_ANOTHERS = "halt.page belongs to another desk's state directory"
_WHY_NOBODYS = (
    "halt.page was made by an earlier version of estop and does not say which desk it belongs to (start 'estop serve': "
    "it repairs the page, and the desk is halted)"
)
_WHY_NOT_MOUNTED = (
    "a host runs, but its pages are not here: this process has another /dev/shm (a container), or they were removed a "
    "moment ago. Mount the folder {folder} at the same path, or share the host's /dev/shm (--ipc=host)"
)

_IS_LINUX = sys.platform == "linux"
_clock = time.clock_gettime_ns if _IS_LINUX else lambda _: time.monotonic_ns()
_BOOTTIME = time.CLOCK_BOOTTIME if _IS_LINUX else 0


class Error(Exception):
    """What this module raises, beside OSError and ValueError."""


class TableFull(Error):
    """All 256 slots of gates.page are taken: no further gate can be listed, so none is opened."""


class HaltFailed(Error):
    """Nobody took the halt: trading may be going on.  The message says what was tried."""


class Halt(NamedTuple):
    """What a halt achieved."""

    #: Who took it: "page" (every gate of the desk is halted by now), "stop-file" or "socket" (the host acts on it).
    by: str
    #: Whether the record, with the reason, is known to be on disk.
    durable: bool
    #: Whether the reason was kept.  False when a stop file was there already and no host answered: trading is halted,
    #: for the reason that the other one gave.
    recorded: bool
    #: The latch that it added, and the page's word afterwards, where they are known.
    id: Optional[str]
    state: Optional[int]


class _Problem(Exception):
    """Why a page cannot be trusted: a sentence for a person."""


class Gate:
    """A gate: the check that a bot makes before each order.

    name      what people see; 1 to 64 bytes of UTF-8.
    scope     what the bot trades: pairs of venue, account, strategy and symbol joined by commas, as in
              "venue=paper,strategy=grid", at most 128 bytes.  "" for a bot that does not say: every scoped halt
              covers it then, since it may trade just that.
    state     the desk's state directory; by default `default_state()`.
    interval  seconds within which the bot promises to call `beat`; 0 for no promise.

    Opens even while there is no page: such a gate refuses, says why, and finds the page when it appears.

    Raises ValueError for a wrong name or scope, TableFull when all 256 slots are taken, Error when the state directory
    is on a network file system, and OSError when it cannot be opened.

    A context manager; `close` gives the slot back.
    """

    # Invariants, tested by these names in gate_test.py:
    #   unknown-refuses: without a mapped, trusted page the views lead to a scratch page of zeros, `_evaluated` is -1,
    #     and both verdicts are False.
    #   verdict-of-word: `_verdicts` belongs to the word `_evaluated` and to no other.
    #   acknowledged-last: the slot gets the word of a check after everything else of that check.
    #   slot-is-locked: while the slot's views lead to gates.page, `_gates` holds its lock.
    __slots__ = (
        "_page32", "_page64", "_slot32", "_slot64", "_here", "_evaluated", "_verdicts", "_whys", "_dead_man", "_why",
        "_checks", "_refusals", "_mode", "_stopped_at", "_look_again", "_interval", "_environment", "_name", "_scope",
        "_pairs", "_directory", "_path", "_desk", "_gates", "_halt_map", "_gates_map", "_slot", "_views", "_identities",
        "_address", "_closed", "__weakref__",
    )  # fmt: skip

    def __init__(self, name: str, scope: str = "", state=None, interval: float = 0.0):
        self._closed = True
        self._directory = self._gates = -1
        self._halt_map = self._gates_map = None
        self._views = ()
        self._look_again = 0
        self._name = name.encode()
        if not 1 <= len(self._name) <= _NAME_SIZE or b"\0" in self._name:
            raise ValueError(f"a gate needs a name of 1 to {_NAME_SIZE} bytes")
        self._scope = b"" if scope in (None, "global") else scope.encode()
        self._pairs = _scope_pairs(self._scope)
        if self._pairs is None or len(self._scope) > _SCOPE_SIZE:
            raise ValueError(
                f"'{scope}' is no scope: write pairs like venue=paper,strategy=grid (venue, account, strategy, "
                f"symbol), at most {_SCOPE_SIZE} bytes"
            )
        if not 0 <= interval < 2**33:
            raise ValueError("a gate's interval is 0 or more seconds")
        self._interval = int(interval * _SECOND)
        self._environment = _environment_mode()
        self._stopped_at = None
        if not _IS_LINUX:
            self._here = bytearray(b"\1")
            self._path, self._desk = "", (0, 0)
            self._forget(_WHY_SYSTEM)
            self._closed = False
            self._look_again = 1 << 63
            return
        # Reads 0 in a forked child, also of a fork that no hook sees.
        self._here = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        try:
            self._here.madvise(_MADV_WIPEONFORK)
        except OSError:
            pass  # before Linux 4.14; os.register_at_fork remains
        self._here[0] = 1
        self._forget("")
        # From the root, whatever directory this process goes to later: it is looked up anew at each look.
        self._path = os.path.abspath(os.fsdecode(default_state() if state is None else state))
        self._directory = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY)
        desk = os.fstat(self._directory)
        self._desk = (desk.st_dev, desk.st_ino)
        self._closed = False
        _gates.add(self)
        self._attach()
        if self._why in (_WHY_FULL, _WHY_NETWORK):
            why = self._why
            self.close()
            raise TableFull(why) if why == _WHY_FULL else Error(why)

    @staticmethod
    def always(name: str = "backtest", scope: str = "") -> "Gate":
        """A gate that permits everything and belongs to no desk: for backtests and tests, on any system.

        It reads no page, is listed nowhere, and no halt stops it, so nothing that can reach a venue may be given one.
        """
        return _Always(name, scope)

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __del__(self) -> None:
        if hasattr(self, "_closed"):  # wrong arguments never got so far
            self.close()

    def __repr__(self) -> str:
        return f"<estop.Gate {self._name.decode()!r} scope={self._scope.decode()!r} mode={self.mode}>"

    # MARK: asking

    def permits(self) -> bool:
        """Whether this bot may send an order now.

        Also acknowledges: the gate's slot records the state word that was seen.  Nothing else does (neither `beat`
        nor `wait`): a bot that has nothing to send still calls this now and then, or a halt waits for it.
        """
        return self._ask(0)

    def permits_reducing(self) -> bool:
        """Whether this bot may send an order that shrinks an absolute position without flipping its sign.

        True wherever `permits` is, and in reduce-only; the caller vouches for the order.  Acknowledges too.
        """
        return self._ask(1)

    def _ask(self, reducing: int) -> bool:
        word = self._page32[_STATE]
        if word != self._evaluated or not self._here[0]:
            word = self._changed()
            if word is None:
                return False
        # The beat before the clock: the other way round a beat in between would look like one from the future.
        beat = self._page64[_BEAT]
        slot = self._slot64
        slot[_SLOT_HOST_BEAT] = beat
        slot[_SLOT_CHECKS] = self._checks = self._checks + 1
        permitted = self._verdicts[reducing]
        why = self._whys[reducing]
        if permitted and self._dead_man:
            age = _clock(_BOOTTIME) - beat
            if age > self._dead_man or age < -_FUTURE_LIMIT:
                permitted = False
                why = _WHY_DEAD_MAN
        if not permitted:
            slot[_SLOT_REFUSALS] = self._refusals = self._refusals + 1
        self._why = why
        # Last: the acknowledgement says that this check has been made.
        self._slot32[_SLOT_STATE] = word
        return permitted

    @property
    def state(self) -> int:
        """The page's state word (generation << 3 | mode); 0 when the page cannot be trusted.  Does not acknowledge."""
        word = self._page32[_STATE]
        if word != self._evaluated or not self._here[0]:
            word = self._changed() or 0
        return word

    @property
    def mode(self) -> str:
        """The mode that holds for this gate: "live", "paper", "reduce-only", "halted" or "unknown".

        Page, scoped halts, environment, stop file and dead-man limit together.  Does not acknowledge.
        """
        if self.state == 0:
            return _MODE_NAMES[_UNKNOWN]
        if self._dead_man:
            beat = self._page64[_BEAT]
            if not -_FUTURE_LIMIT <= _clock(_BOOTTIME) - beat <= self._dead_man:
                return _MODE_NAMES[_UNKNOWN]
        return _MODE_NAMES[self._mode]

    @property
    def why(self) -> str:
        """Why the gate refused when it was last asked, for a person; "" if it permitted."""
        return self._why if self._closed or self._here[0] else _WHY_FORK

    def beat(self) -> bool:
        """Record that the bot is alive, and look once more whether the page is still the desk's page.

        Returns whether there is a slot to record it in.
        """
        if not self._look() or self._gates < 0:
            return False
        self._slot64[_SLOT_BEAT] = _clock(_BOOTTIME)
        return True

    def wait(self, seen: int, timeout: Optional[float] = None) -> int:
        """Sleep until the state word differs from `seen`, at most `timeout` seconds, and return the word.

        Woken by the change itself (futex), and looks by itself at least every 250 ms.
        """
        end = None if timeout is None else time.monotonic_ns() + int(timeout * _SECOND)
        while True:
            if not self._look():
                return 0
            word = max(self._evaluated, 0)
            left = _LOOK_INTERVAL if end is None else end - time.monotonic_ns()
            if word != seen or left <= 0:
                return word
            self._sleep(word, min(left, _LOOK_INTERVAL))

    def _sleep(self, word: int, nanoseconds: int) -> None:
        if self._address and _futex_wait(self._address, word, nanoseconds):
            return
        end = time.monotonic_ns() + nanoseconds
        while self._page32[_STATE] == word:
            left = end - time.monotonic_ns()
            if left <= 0:
                return
            time.sleep(min(_POLL, left / _SECOND))

    def halt(self, reason: str, scope: Optional[str] = None) -> Halt:
        """Halt all trading of this gate's desk, or one scope of it.  As the function `halt`."""
        try:
            return _halt(self._directory, reason, scope)
        finally:
            self._look()

    def close(self) -> None:
        """Give the slot back and unmap.  A closed gate refuses."""
        if self._closed:
            return
        self._closed = True
        self._detach(_WHY_CLOSED if self._here[0] else _WHY_FORK)
        if self._directory >= 0:
            os.close(self._directory)
        self._directory = -1

    # MARK: the verdict

    def _changed(self) -> Optional[int]:
        """The word is not the one whose verdict is known: find its verdict.  None: not this process's gate."""
        return max(self._evaluated, 0) if self._look() else None

    def _look(self) -> bool:
        """Is the page still the desk's, and no stop file there?  On each beat, each wait and each change.

        False when the gate is closed or was inherited by a forked child.
        """
        if self._closed:
            return False
        if not self._here[0]:
            self._abandon(_WHY_FORK)
            return False
        if not _IS_LINUX:
            self._why = _WHY_SYSTEM
            return True
        if self._gates_map is None:  # also while attaching, for a signal handler that asks meanwhile
            if _clock(_BOOTTIME) >= self._look_again:
                self._attach()
            return True
        try:
            self._still()
        except _Problem as problem:
            self._detach(str(problem))
            return True
        self._evaluate()
        return True

    def _evaluate(self) -> None:
        """The verdict for a word: page and entries, environment, stop file."""
        page = self._page32
        while True:
            word = page[_STATE]
            _fence()
            mode, why = self._mode_of(word)
            dead_man = self._page64[_DEAD_MAN]
            _fence()
            if page[_STATE] == word:
                break
        own = _combine(mode, self._environment)
        if own != mode:
            mode, why = own, _WHY_ENVIRONMENT
        if _exists(_STOP_FILE, self._directory):
            self._stopped_at = word
        if self._stopped_at == word:  # removing the file lifts nothing: only a resume, which makes another word
            mode, why = _HALTED, _WHY_STOP_FILE
        permits = mode == _LIVE or (mode == _PAPER and self._pairs.get(b"venue") == b"paper")
        if mode == _PAPER:
            why = _WHY_PAPER
        self._mode = mode
        self._dead_man = dead_man
        self._verdicts = (permits, permits or mode == _REDUCE_ONLY)
        self._whys = ("" if permits else _WHY_REDUCE if mode == _REDUCE_ONLY else why, "" if self._verdicts[1] else why)
        self._why = self._whys[0]
        self._evaluated = word

    def _mode_of(self, word: int):
        """The mode that the page's word and its entries make for this gate, and why it is no other."""
        mode = _combine(word & 7, _LIVE)
        why = _WHY_UNKNOWN if mode == _UNKNOWN else _WHY_HALTED
        for index in range(_ENTRIES):
            at = _ENTRY_AT + index * _ENTRY_SIZE
            entry = self._page32[at // 4]
            if entry in (_FREE, _DEAD):
                continue
            if entry <= _HALTED and not _covers(self._halt_map[at + 8 : at + _ENTRY_SIZE], self._pairs):
                continue
            both = _combine(mode, min(entry, _HALTED))  # 5 is being written, and anything else no mode: halted
            if both != mode:
                mode, why = both, _WHY_SCOPE
        return mode, why

    # MARK: attaching to the pages

    def _forget(self, why: str) -> None:
        """Refuse, and lead every view to pages of zeros."""
        self._verdicts = (False, False)
        self._whys = (why, why)
        self._why = why
        self._mode = _UNKNOWN
        self._evaluated = -1
        page, slot = memoryview(bytes(_HALT_SIZE)), memoryview(bytearray(_SLOT_SIZE))
        self._page32, self._page64 = page.cast("I"), page.cast("Q")
        self._slot, self._slot32, self._slot64 = slot, slot.cast("I"), slot.cast("Q")
        self._checks = self._refusals = self._dead_man = self._address = 0
        self._identities = ()

    def _abandon(self, why: str) -> None:
        """Refuse, unmap and close, and leave the slot's bytes alone: in a forked child they are the parent's."""
        views, maps, gates = self._views, (self._halt_map, self._gates_map), self._gates
        self._views, self._halt_map, self._gates_map, self._gates = (), None, None, -1
        self._forget(why)
        for view in views:
            view.release()
        for mapping in maps:
            if mapping is not None:
                mapping.close()  # closes its own copy of the descriptor too, and with it the slot's lock
        if gates >= 0:
            os.close(gates)

    def _detach(self, why: str) -> None:
        """Refuse, give the slot back in order (this is nobody's death), and unmap."""
        if self._gates_map is not None and self._here[0] and os.fstat(self._gates).st_size >= _GATES_SIZE:
            self._slot32[_SLOT_PID] = 0
            self._slot[:] = bytes(_SLOT_SIZE)
        self._abandon(why)

    def _attach(self) -> None:
        """Find the page and a slot.  A gate that finds none refuses and says why."""
        self._look_again = _clock(_BOOTTIME) + _LOOK_INTERVAL
        try:
            if sys.byteorder != "little" or struct.calcsize("P") != 8:
                raise _Problem(_WHY_MACHINE)
            self._check_path()
            if _is_network(self._directory):
                raise _Problem(_WHY_NETWORK)
            self._map_halt_page()
            self._claim()
            self._evaluate()
            # Under which word it was opened, until its first check: one that does not permit never permitted this gate.
            self._slot32[_SLOT_STATE] = max(self._evaluated, 0)
        except _Problem as problem:
            self._abandon(str(problem))
        except (OSError, ValueError) as error:  # ValueError: cut short between a look at its size and mmap
            self._abandon(f"the pages cannot be used: {error}")

    def _map_halt_page(self) -> None:
        file, identity = _open_page(self._directory, "halt.page", os.O_RDONLY, _HALT_SIZE)
        try:
            self._halt_map = mmap.mmap(file, _HALT_SIZE, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
        finally:
            os.close(file)
        page = self._halt_map
        version = int.from_bytes(page[8:12], "little")
        if page[:8] != _MAGIC:
            raise _Problem("halt.page is not a page of estop")
        if version > LAYOUT_VERSION:
            raise _Problem(f"this estop.py understands layout {LAYOUT_VERSION}, the page is {version}: update it")
        if version != LAYOUT_VERSION:
            raise _Problem(f"halt.page has layout {version}, which this estop.py does not understand")
        if page[48:64] != _boot_id():
            raise _Problem("halt.page is of another boot of this machine (start 'estop serve')")
        owner = struct.unpack_from("<QQ", page, 64)
        if owner == (0, 0):
            raise _Problem(_WHY_NOBODYS)
        if owner != self._desk:
            raise _Problem(_WHY_ANOTHERS)
        whole = memoryview(page)
        self._views = (whole.cast("I"), whole.cast("Q"), whole)
        self._page32, self._page64 = self._views[:2]
        self._identities = (("halt.page", identity, _HALT_SIZE),)
        address = _address_of(page)
        self._address = address + _STATE * 4 if address else 0

    def _claim(self) -> None:
        """Claim a slot: one never used, else one whose owner is dead."""
        self._gates, identity = _open_page(self._directory, "gates.page", os.O_RDWR, _GATES_SIZE)
        pids = memoryview(os.pread(self._gates, _GATES_SIZE, 0).ljust(_GATES_SIZE, b"\1")).cast("I")[:: _SLOT_SIZE // 4]
        unused_first = sorted(range(_SLOTS), key=lambda slot: pids[slot] != 0)
        index = next((slot for slot in unused_first if self._lock(slot)), None)
        if index is None:
            raise _Problem(_WHY_FULL)
        self._gates_map = mmap.mmap(self._gates, _GATES_SIZE)
        whole = memoryview(self._gates_map)
        slot = whole[index * _SLOT_SIZE : (index + 1) * _SLOT_SIZE]
        slot32, slot64 = slot.cast("I"), slot.cast("Q")
        self._views += (slot32, slot64, slot, whole)
        # A reader takes what it finds: first nobody, then no acknowledgement, then everything else, and the pid last.
        slot32[_SLOT_PID] = 0
        slot32[_SLOT_STATE] = 0
        for field in (_SLOT_HOST_BEAT, _SLOT_CHECKS, _SLOT_REFUSALS):
            slot64[field] = 0
        slot64[_SLOT_BEAT] = _clock(_BOOTTIME) if self._interval else 0
        slot64[_SLOT_INTERVAL] = self._interval
        slot64[_SLOT_START] = _start_time()
        slot[_SLOT_NAME : _SLOT_NAME + _NAME_SIZE] = self._name.ljust(_NAME_SIZE, b"\0")
        slot[_SLOT_SCOPE : _SLOT_SCOPE + _SCOPE_SIZE] = self._scope.ljust(_SCOPE_SIZE, b"\0")
        _fence()
        slot32[_SLOT_PID] = os.getpid()
        self._checks = self._refusals = 0
        self._slot, self._slot32, self._slot64 = slot, slot32, slot64
        self._identities += (("gates.page", identity, _GATES_SIZE),)

    def _lock(self, slot: int) -> bool:
        request = struct.pack("@hhqqi0q", _F_WRLCK, os.SEEK_SET, slot * _SLOT_SIZE, 1, 0)  # struct flock
        try:
            fcntl.fcntl(self._gates, _F_OFD_SETLK, request)
            return True
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise

    def _check_path(self) -> None:
        """Raise unless the path of the state directory, looked up anew, still leads to this desk."""
        try:
            status = os.stat(self._path)
        except OSError:  # what cannot be looked up is not known to be this desk
            raise _Problem(_WHY_MOVED) from None
        if (status.st_dev, status.st_ino) != self._desk:
            raise _Problem(_WHY_MOVED)

    def _still(self) -> None:
        """Raise unless the directory's path still leads to this desk, and its names to the mapped pages, whole."""
        self._check_path()
        for name, identity, size in self._identities:
            try:
                status = os.stat(name, dir_fd=self._directory)
            except OSError as error:
                gone = error.errno == errno.ENOENT
                raise _Problem(_absent(name, self._directory) if gone else f"{name} cannot be read") from None
            if (status.st_dev, status.st_ino) != identity:
                raise _Problem(f"{name} was replaced: this mapping is an orphan")
            if status.st_size < size:
                raise _Problem(f"{name} is too short")
        # Only now: a page that was cut short is not there to be read.
        if struct.unpack_from("<QQ", self._halt_map, 64) != self._desk:
            raise _Problem(_WHY_ANOTHERS)


class _Always(Gate):
    """What `Gate.always` makes."""

    __slots__ = ()

    def __init__(self, name: str, scope: str):
        self._name, self._scope = name.encode(), scope.encode()
        self._why, self._closed = "", True

    state = property(lambda self: 2 << 3 | _LIVE, doc="A word that permits everything.")
    mode = property(lambda self: "live", doc="Always live.")
    why = property(lambda self: "", doc="It never refuses.")

    def permits(self) -> bool:
        """Always."""
        return True

    def permits_reducing(self) -> bool:
        """Always."""
        return True

    def beat(self) -> bool:
        """Records nothing: nobody watches it."""
        return True

    def wait(self, seen: int, timeout: Optional[float] = None) -> int:
        """Sleeps for the whole time: its word never changes.  Without a time it would sleep for ever, and raises."""
        if seen == self.state:
            if timeout is None:
                raise Error("a gate that always permits never changes: give `wait` a timeout")
            time.sleep(max(0.0, timeout))
        return self.state

    def halt(self, reason: str, scope: Optional[str] = None) -> Halt:
        """There is no desk that it could halt."""
        raise HaltFailed("NOT HALTED: this gate belongs to no desk (Gate.always()); use estop.halt")

    def close(self) -> None:
        """Nothing to give back."""


# MARK: forks

_gates = weakref.WeakSet()


def _after_fork_in_child() -> None:
    """A child's inherited gates refuse, and let go of their slots, so that the parent's death frees them."""
    for gate in list(_gates):
        gate._here[0] = 0
        gate._abandon(_WHY_FORK)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _fence() -> None:
    """Keep loads and stores on their side of this line (x86 does anyway): a lock let go, then taken again.

    A lock of our own each time: one that others hold could make a check wait, or a signal handler's check for ever.
    """
    lock = threading.Lock()
    lock.acquire()
    lock.release()
    lock.acquire()
    lock.release()


# MARK: scopes and modes


def _scope_pairs(scope: bytes):
    """The pairs of a scope; {} for everything; None when it is malformed."""
    if scope in (b"", b"global"):
        return {}
    pairs = {}
    for pair in scope.split(b","):
        key, _, value = pair.partition(b"=")
        if key not in _SCOPE_KEYS or key in pairs or not value or any(byte < 0x20 or byte == 0x7F for byte in value):
            return None
        pairs[key] = value
    return pairs


def _covers(scope: bytes, gate) -> bool:
    """Whether a restriction covers a gate: a gate that does not say what it trades may trade just that.

    A malformed scope covers everything: unknown means halted.
    """
    pairs = _scope_pairs(scope.split(b"\0", 1)[0])
    return pairs is None or all(gate.get(key, value) == value for key, value in pairs.items())


def _combine(a: int, b: int) -> int:
    """Two restrictions at once: live with x is x, paper with reduce-only is halted, halted with anything is halted."""
    a, b = (mode if mode <= _HALTED else _UNKNOWN for mode in (a, b))
    if a == b or b == _LIVE:
        return a
    if a == _LIVE:
        return b
    return _UNKNOWN if _UNKNOWN in (a, b) else _HALTED


def _environment_mode() -> int:
    value = os.environ.get("TRADING_MODE")
    return {None: _LIVE, "live": _LIVE, "paper": _PAPER}.get(value, _HALTED)


# MARK: files


def default_state() -> str:
    """The state directory of a desk that nobody named.

    ESTOP_STATE, else ./state inside a checkout of estop, else $XDG_STATE_HOME/estop, else ~/.local/state/estop.
    """
    named, base = os.environ.get("ESTOP_STATE"), os.environ.get("XDG_STATE_HOME", "")
    if named:
        return named
    if os.path.exists("Package.swift") and os.path.exists("state/README.md"):
        return "state"
    if base.startswith("/"):
        return base + "/estop"
    return (os.environ.get("HOME") or "/") + "/.local/state/estop"


def _exists(name: str, directory: int) -> bool:
    """Whether anything of that name is there, or may be: any answer but "no such file"."""
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
        return True
    except OSError as error:
        return error.errno != errno.ENOENT


def _absent(name: str, directory: int) -> str:
    try:
        target = os.readlink(name, dir_fd=directory)
    except OSError:
        return f"there is no {name}: no host has started here yet (start 'estop serve')"
    if _has_host(directory):
        return _WHY_NOT_MOUNTED.format(folder=os.path.dirname(target))
    return (
        f"{name} leads to nothing: the machine rebooted or the page was removed (start 'estop serve'); in a container: "
        f"the folder {os.path.dirname(target)} is not mounted here"
    )


def _has_host(directory: int) -> bool:
    """Whether a host holds the lock of this state directory, in whatever container or namespace it runs."""
    try:
        file = os.open("host.lock", os.O_RDONLY | _O_CLOEXEC | _O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    except OSError:
        return False
    try:
        request = struct.pack("@hhqqi0q", _F_WRLCK, os.SEEK_SET, 0, 1, 0)  # struct flock
        return struct.unpack_from("@h", fcntl.fcntl(file, _F_OFD_GETLK, request))[0] != _F_UNLCK
    except OSError:
        return False
    finally:
        os.close(file)


def _open_page(directory: int, name: str, flags: int, size: int):
    """Open a page by its link, checking link, owner, kind and size.  A descriptor, and device and inode."""
    desk = os.fstat(directory)
    owners = (desk.st_uid, 0)
    try:
        link = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        raise _Problem(f"there is no {name}: no host has started here yet (start 'estop serve')") from None
    except OSError as error:
        raise _Problem(f"{name} cannot be read: {error.strerror}") from None
    if link.st_uid not in owners:
        raise _Problem(f"{name} belongs to neither the desk's owner nor root")
    try:
        target = os.readlink(name, dir_fd=directory)
    except OSError:
        target = ""
    folder = os.path.basename(os.path.dirname(target))
    ours = f"estop-{desk.st_uid}-{desk.st_dev:x}-{desk.st_ino:x}"
    if _DESKS_FOLDER.match(folder) and folder != ours:
        raise _Problem(f"{name} leads to another desk's page: this state directory is a copy")
    try:
        file = os.open(name, flags | os.O_NOCTTY | os.O_NONBLOCK, dir_fd=directory)
    except FileNotFoundError:
        raise _Problem(_absent(name, directory)) from None
    except OSError as error:
        raise _Problem(f"{name} cannot be {'read' if flags == os.O_RDONLY else 'written'}: {error.strerror}") from None
    status = os.fstat(file)
    problem = None
    if not stat.S_ISREG(status.st_mode):
        problem = f"{name} is not a regular file"
    elif status.st_uid not in owners:
        problem = f"{name} belongs to neither the desk's owner nor root"
    elif status.st_size < size:
        problem = f"{name} is too short"
    if problem:
        os.close(file)
        raise _Problem(problem)
    return file, (status.st_dev, status.st_ino)


def _boot_id() -> bytes:
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return bytes.fromhex(file.read().strip().replace("-", ""))


def _start_time() -> int:
    """The start time of this process in clock ticks: field 22 of /proc/self/stat."""
    try:
        with open("/proc/self/stat", "rb") as file:
            return int(file.read().rpartition(b")")[2].split()[22 - 3])
    except (OSError, ValueError, IndexError):
        return 0  # for people only


def _is_network(directory: int) -> bool:
    """Whether the directory is on a network file system, or on one that cannot say."""
    if _libc is not None:
        buffer = ctypes.create_string_buffer(512)
        if _libc.fstatfs(directory, buffer) == 0:
            return struct.unpack_from("@l", buffer.raw)[0] & 0xFFFFFFFF in _NETWORK_MAGICS
    try:
        with open(f"/proc/self/fdinfo/{directory}", encoding="ascii") as file:
            mount = next(line.split()[1] for line in file if line.startswith("mnt_id:"))
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            kind = next(line.partition(" - ")[2].split()[0] for line in file if line.split()[0] == mount)
    except (OSError, StopIteration, IndexError):
        return True
    return kind in _NETWORK_NAMES or kind.startswith("fuse") or kind == "virtiofs"


# MARK: the C library

_libc = None
_machine = os.uname().machine if hasattr(os, "uname") else ""
_futex_number = {"x86_64": 202, "aarch64": 98, "riscv64": 98, "loongarch64": 98, "ppc64le": 221}.get(_machine)
if ctypes is not None and _IS_LINUX:
    try:
        _libc = ctypes.CDLL(None, use_errno=True)
        _libc.syscall, _libc.fstatfs  # noqa: B018 - a C library without them is as good as none
    except (OSError, AttributeError):
        _libc = None


def _address_of(mapping) -> int:
    """Where a mapping lies in memory; 0 when Python cannot say (then `wait` polls)."""
    if _libc is None or not hasattr(ctypes, "pythonapi"):
        return 0

    class Buffer(ctypes.Structure):  # Py_buffer
        _fields_ = [
            ("buf", ctypes.c_void_p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t),
            ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
            ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
            ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p),
        ]  # fmt: skip

    buffer = Buffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(mapping), ctypes.byref(buffer), 0)
    address = buffer.buf or 0
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(buffer))
    return address


def _futex_wait(address: int, seen: int, nanoseconds: int) -> bool:
    """Sleep until the word at `address` differs from `seen`.  False when the kernel was not asked."""
    if _libc is None or _futex_number is None:
        return False
    limit = struct.pack("@ll", nanoseconds // _SECOND, nanoseconds % _SECOND)  # struct timespec
    result = _libc.syscall(
        ctypes.c_long(_futex_number), ctypes.c_void_p(address), ctypes.c_int(0), ctypes.c_uint32(seen), limit,
        ctypes.c_void_p(0), ctypes.c_int(0),
    )  # fmt: skip
    return result == 0 or ctypes.get_errno() in (errno.EAGAIN, errno.ETIMEDOUT, errno.EINTR)


def _library():
    """libestop: the file that ESTOP_LIB names, else the loader's; None without either."""
    if ctypes is None:
        return None
    for name in (os.environ.get("ESTOP_LIB"), "libestop.so.1", "libestop.so"):
        try:
            library = ctypes.CDLL(name) if name else None
            if library is not None and library.estop_halt and library.estop_error:
                return library
        except (OSError, AttributeError):
            continue
    return None


# MARK: halting


def halt(reason: str, scope: Optional[str] = None, state=None) -> Halt:
    """Halt all trading (or one scope, as in "venue=kraken") with a reason, and say who took the halt.

    Through libestop where it can be loaded (ESTOP_LIB, then the loader's path): one store into the shared page, then
    the record on disk.  Without it, or when the page may not be written, by the stop file EMERGENCY_STOP, which halts
    everything; and if that cannot be left, by asking the host over estop.sock.

    Raises HaltFailed when none of them took it: trading may be going on.
    """
    path = default_state() if state is None else state
    if not _IS_LINUX:
        raise HaltFailed(f"NOT HALTED: estop needs Linux, and this is {sys.platform}. Halt on the desk's own machine")
    try:
        directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise HaltFailed(f"NOT HALTED: the state directory {path} cannot be opened: {error.strerror}") from None
    try:
        return _halt(directory, reason, scope)
    finally:
        os.close(directory)


def _halt(directory: int, reason: str, scope: Optional[str]) -> Halt:
    reason = str(reason or "Emergency halt").replace("\0", " ")
    tried = []
    if directory < 0:
        raise HaltFailed("NOT HALTED: this gate is closed; use estop.halt")
    for way in (_halt_by_library, _halt_by_stop_file, _halt_by_socket):
        try:
            report = way(directory, reason, scope)
        except Exception as error:  # whatever one way meets, the next is still tried
            tried.append(str(error))
            continue
        if report.recorded:
            return report
        try:  # halted, but by somebody else's stop file: the host may still take the reason
            return _halt_by_socket(directory, reason, scope)
        except Exception:
            return report
    raise HaltFailed("NOT HALTED: " + "; ".join(tried))


def _halt_by_library(directory: int, reason: str, scope: Optional[str]) -> Halt:
    library = _library()
    if library is None:
        raise Error("there is no libestop")

    class Report(ctypes.Structure):  # estop_halt_report
        _fields_ = [
            ("was", ctypes.c_uint32), ("state", ctypes.c_uint32), ("page", ctypes.c_int), ("durable", ctypes.c_int),
            ("stop_file", ctypes.c_int), ("socket", ctypes.c_int), ("error", ctypes.c_int), ("id", ctypes.c_char * 33),
            ("at", ctypes.c_uint64),
        ]  # fmt: skip

    library.estop_halt.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(Report)]
    library.estop_halt.restype = ctypes.c_int
    library.estop_error.argtypes = []
    library.estop_error.restype = ctypes.c_char_p
    report = Report()
    there = _exists(_STOP_FILE, directory)
    # By descriptor: the directory that this gate guards, whatever its path leads to by now.
    path = f"/proc/self/fd/{directory}".encode()
    wanted = None if scope is None else str(scope).encode(errors="replace")
    if library.estop_halt(path, wanted, reason.encode(errors="replace"), ctypes.byref(report)) != 0:
        raise Error((library.estop_error() or b"libestop could not halt").decode(errors="replace"))
    by = "page" if report.page else "stop-file" if report.stop_file else "socket"
    durable = bool(report.durable)
    # A stop file that was there already has another reason in it.
    recorded = durable or by != "stop-file" or not there
    return Halt(by, durable, recorded, report.id.decode() or None, report.state if report.page else None)


def _halt_by_stop_file(directory: int, reason: str, scope: Optional[str]) -> Halt:
    covered = "" if scope in (None, "", "global") else f" (asked for {scope}; halted globally)"
    text = reason.encode(errors="replace")[:900] + covered.encode(errors="replace")[:120]
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        file = os.open(_STOP_FILE, flags, 0o664, dir_fd=directory)
    except FileExistsError:
        return Halt("stop-file", False, False, None, None)
    except OSError as error:
        raise Error(f"the stop file cannot be left: {error.strerror}") from None
    try:
        recorded = os.write(file, text) == len(text)
    except OSError:
        recorded = False  # the file's existence halts; its text is for people
    finally:
        os.close(file)
    return Halt("stop-file", False, recorded, None, None)


def _halt_by_socket(directory: int, reason: str, scope: Optional[str]) -> Halt:
    wish = {"reason": reason, "source": "library"}
    if scope:
        wish["scope"] = str(scope)
    body = json.dumps(wish).encode()
    head = (
        "POST /api/emergency/kill-switch/activate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(2)
            # By way of /proc: a state directory's path may be longer than a socket's address.
            peer.connect(f"/proc/self/fd/{directory}/estop.sock")
            peer.sendall(head.encode() + body)
            answer = b""
            while len(answer) < 12:
                piece = peer.recv(4096)
                if not piece:
                    break
                answer += piece
    except OSError as error:
        raise Error(f"no host answers on estop.sock: {error.strerror or error}") from None
    if not answer.startswith(b"HTTP/1.1 2"):
        raise Error(f"the host refused: {answer[:40].decode(errors='replace').strip() or 'no answer'}")
    return Halt("socket", False, True, None, None)

