"""The gate in C against the gate in Python, over a table of pages made by hand: both must say the same.

    ESTOP_LIB=/path/to/libestop.so.1 python3 differential_test.py

Without ESTOP_LIB it builds libestop with Sources/CEstop/Makefile in a temporary directory.  Every difference is a bug in
one of the two.
"""

import ctypes
import itertools
import json
import os
import signal
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
from pages import (  # noqa: E402
    HALTED, LIBRARY, LIVE, PAPER, REDUCE_ONLY, SECOND, UNKNOWN, PagesTestCase, halt_page, now, word,
)  # fmt: skip

sys.path.insert(0, LIBRARY + "/Python")
import estop  # noqa: E402

MODES = ("unknown", "live", "paper", "reduce-only", "halted")


def library():
    path = os.environ.get("ESTOP_LIB")
    if not path:
        build = tempfile.mkdtemp(prefix="estop-lib-")
        unittest.addModuleCleanup(subprocess.run, ["rm", "-rf", build])
        subprocess.run(["make", "-s", "-C", LIBRARY + "/CEstop", "BUILD=" + build], check=True)
        path = build + "/libestop.so.1"
    loaded = ctypes.CDLL(path, use_errno=True)
    pointer, text = ctypes.c_void_p, ctypes.c_char_p
    for name, result, arguments in [
        ("open", ctypes.c_int, [ctypes.POINTER(pointer), text, text, text, ctypes.c_uint64]),
        ("permits", ctypes.c_int, [pointer]), ("permits_reducing", ctypes.c_int, [pointer]),
        ("state", ctypes.c_uint32, [pointer]), ("effective", ctypes.c_int, [pointer]), ("why", text, [pointer]),
        ("beat", ctypes.c_int, [pointer]), ("wait", ctypes.c_uint32, [pointer, ctypes.c_uint32, ctypes.c_int]),
        ("close", None, [pointer]), ("error", text, []),
    ]:  # fmt: skip
        function = getattr(loaded, "estop_" + name)
        function.restype, function.argtypes = result, arguments
    return loaded


def setUpModule():
    global C
    C = library()


class CGate:
    """libestop's gate with the Python gate's face."""

    def __init__(self, name, scope, state, interval=0.0):
        self.gate = ctypes.c_void_p()
        encoded = scope.encode() if isinstance(scope, str) else scope
        if C.estop_open(ctypes.byref(self.gate), state.encode(), name.encode(), encoded, int(interval * SECOND)) != 0:
            raise OSError(ctypes.get_errno(), C.estop_error().decode())

    permits = lambda self: bool(C.estop_permits(self.gate))  # noqa: E731
    permits_reducing = lambda self: bool(C.estop_permits_reducing(self.gate))  # noqa: E731
    state = property(lambda self: C.estop_state(self.gate))
    mode = property(lambda self: MODES[C.estop_effective(self.gate)])
    why = property(lambda self: C.estop_why(self.gate).decode())
    beat = lambda self: C.estop_beat(self.gate) == 0  # noqa: E731
    wait = lambda self, seen, timeout: C.estop_wait(self.gate, seen, int(timeout * 1000))  # noqa: E731

    def close(self):
        C.estop_close(self.gate)
        self.gate = None


def kind_of(why):
    """What a reason is about: the two libraries need not use the same words, but mean the same."""
    for needle in (
        "slots", "gates.page", "dead-man", "scope", "stop file", "TRADING_MODE", "paper trading", "reduce-only", "layout",
        "leads to nothing", "boot", "not a page", "too short", "another desk", "owner", "regular file", "orphan",
        "no halt.page", "cannot be read", "unknown",
    ):  # fmt: skip
        if needle in why:
            return needle
    return why


def answers(gate):
    """Everything that a gate says, in an order in which both are asked."""
    said = {"state": gate.state, "mode": gate.mode}
    said["permits"] = gate.permits()
    said["why"] = kind_of(gate.why)
    said["reducing"] = gate.permits_reducing()
    said["why of reducing"] = kind_of(gate.why) if not said["reducing"] else ""
    said["permits again"] = gate.permits()
    said["why again"] = kind_of(gate.why)
    said["wait"] = gate.wait(said["state"], 0)
    said["beat"] = gate.beat()
    return said


class DifferentialTests(PagesTestCase):
    maxDiff = None

    def both(self, page=None, scope="venue=kraken", gates=None, arrange=None, then=(), ask=answers, interval=0.0):
        """The same page, the same questions, to both."""
        said, slots = [], []
        for make in (estop.Gate, CGate):
            directory = self.directory(page() if callable(page) else page, gates)
            if arrange:
                arrange(directory)
            try:
                gate = make("grid", scope, directory.path, interval)
            except (estop.Error, OSError, ValueError) as error:
                said.append([type(error).__name__ if os.environ.get("NAMES") else "cannot open"])
                slots.append(None)
                continue
            heard = [ask(gate)]
            for step in then:
                step(directory)
                heard.append(ask(gate))
            said.append(heard)
            found = directory.slots()
            for slot in found.values():
                slot["beat"] = slot["beat"] > 0
                slot["host_beat"] = slot["host_beat"] > 0
            slots.append(found)
            gate.close()
            slots[-1] = [slots[-1], directory.slots()]
        self.assertEqual(said[0], said[1], "python, then C")
        self.assertEqual(slots[0], slots[1], "the slots: python, then C")
        return said[0]

    def test_modes_and_scopes(self):
        scopes = ["", "venue=paper", "venue=paper,strategy=grid", "strategy=grid,venue=paper", "venue=paper2", "symbol=venue=paper"]
        for mode, scope in itertools.product(range(8), scopes):
            with self.subTest(mode=mode, scope=scope):
                self.both(halt_page(word(2, mode)), scope)

    def test_words_at_the_edges(self):
        for state in (0, 1, 4, 7, 0xFFFFFFFF, 0xFFFFFFF9, 0xFFFFFFFC, 0x80000001):
            with self.subTest(state=state):
                self.both(halt_page(state), "venue=kraken")

    def test_untrusted_pages(self):
        for name, page in [
            ("magic", halt_page(magic=b"ESTOPPG2")), ("zeros", bytes(4096)), ("version 0", halt_page(version=0)),
            ("version 2", halt_page(version=2)), ("version max", halt_page(version=0xFFFFFFFF)),
            ("boot", halt_page(boot=bytes(16))), ("short", halt_page()[:4095]), ("empty", b""), ("long", halt_page() + b"x" * 9),
        ]:  # fmt: skip
            with self.subTest(name):
                self.both(page)

    def test_missing_and_foreign_files(self):
        def replace(name, make):
            def arrange(directory):
                os.unlink(f"{directory.run}/{name}")
                make(f"{directory.run}/{name}")
            return arrange

        def relink(name, target):
            def arrange(directory):
                os.unlink(directory.path_to(name))
                if target:
                    os.symlink(target, directory.path_to(name))
            return arrange

        cases = {}
        for name in ("halt.page", "gates.page"):
            cases[f"{name}: a directory"] = replace(name, os.mkdir)
            cases[f"{name}: a pipe"] = replace(name, os.mkfifo)
            cases[f"{name}: gone"] = replace(name, lambda path: None)
            cases[f"{name}: no link"] = relink(name, None)
            cases[f"{name}: dangling"] = relink(name, "/nowhere")
            cases[f"{name}: another desk's"] = relink(name, f"/dev/shm/estop-1-2-3/{name}")
            cases[f"{name}: a loop"] = relink(name, name)
            if os.geteuid() == 0:
                cases[f"{name}: owner"] = lambda d, name=name: os.chown(f"{d.run}/{name}", 4242, -1)
                cases[f"{name}: link's owner"] = lambda d, name=name: os.lchown(d.path_to(name), 4242, -1)
        cases["gates.page: short"] = lambda d: d.put("gates.page", bytes(65535))
        cases["gates.page: long"] = lambda d: d.put("gates.page", bytes(70000))
        real = []

        def another(name):
            def arrange(directory):
                real.append(self.directory())
                os.unlink(directory.path_to(name))
                os.symlink(f"{real[-1].run}/{name}", directory.path_to(name))
            return arrange

        for name in ("halt.page", "gates.page"):
            cases[f"{name}: another desk's, there"] = another(name)
        for name, arrange in cases.items():
            with self.subTest(name):
                for part in self.both(arrange=arrange):
                    if "long" not in name and part != "cannot open":
                        self.assertFalse(part["permits"])

    def test_entries(self):
        entries = [
            "venue=kraken", "venue=paper", "venue=krake", "venue=krakens", "strategy=grid", "venue=kraken,strategy=grid",
            "venue=kraken,strategy=trend", "symbol=A=B", "symbol=A", "", "global", "garbage", "venue=kraken,", ",venue=paper",
            "venue=paper,garbage", "garbage,venue=paper", "venue=kraken,venue=paper", "venue=paper,venue=kraken", "venue=", "=x",
            "exchange=kraken", "venue=paper,exchange=x", "venue=\x01", "venue=paper,symbol=\x7f", "account=1,venue=kraken",
            "venue=" + "x" * 114, "v" * 120,
        ]  # fmt: skip
        gates = ["", "venue=kraken", "venue=kraken,strategy=grid", "strategy=grid,symbol=A=B", "account=2", "venue=paper"]
        for entry, gate in itertools.product(entries, gates):
            with self.subTest(entry=entry, gate=gate):
                self.both(halt_page(entries=[(HALTED, entry)]), gate)

    def test_entry_modes(self):
        for mode, page in itertools.product((0, 1, 2, 3, 4, 5, 6, 7, 8, 0xFFFFFFFF), (LIVE, PAPER, REDUCE_ONLY, HALTED, UNKNOWN)):
            for scope in ("venue=paper", "venue=kraken"):
                with self.subTest(mode=mode, page=page, scope=scope):
                    self.both(halt_page(word(2, page), entries=[(23, mode, "venue=paper")]), scope)

    def test_random_pages(self):
        seed = int(os.environ.get("SEED", time.time_ns() % 10**9))
        chance = random.Random(seed)
        keys, values = ("venue", "account", "strategy", "symbol", "other"), ("paper", "kraken", "a", "b", "")

        def scope(valid):
            pairs = {chance.choice(keys[:4] if valid else keys): chance.choice(values[:4] if valid else values) for _ in range(chance.randrange(4))}
            return ",".join(f"{key}={value}" for key, value in pairs.items())

        for round in range(int(os.environ.get("ROUNDS", "400"))):
            entries = [
                (chance.randrange(24), chance.choice((0, 1, 2, 3, 4, 4, 5, 7, 9)), scope(chance.random() < 0.9))
                for _ in range(chance.choice((0, 0, 1, 2, 5)))
            ]  # fmt: skip
            state, limit = word(chance.randrange(9), chance.choice((1, 1, 1, 2, 2, 3, 4, 0))), chance.choice((0, 0, 3600 * SECOND, 1))
            page = halt_page(state, dead_man=limit, beat=now(), entries=entries)
            gate = scope(True)
            with self.subTest(seed=seed, round=round, state=state, limit=limit, entries=entries, gate=gate):
                self.both(page, gate)

    def test_dead_man(self):
        for limit, beat in itertools.product(
            (0, 60 * SECOND, 2**63, 2**64 - 1),
            (0, -59 * SECOND, -61 * SECOND, SECOND // 2, 5 * SECOND, "zero", "max"),
        ):
            for mode in (LIVE, REDUCE_ONLY, HALTED, PAPER):
                with self.subTest(limit=limit, beat=beat, mode=mode):
                    value = {"zero": 0, "max": 2**64 - 1}.get(beat)
                    self.both(halt_page(word(2, mode), dead_man=limit, beat=now() + beat if value is None else value))

    def test_a_host_that_stops_and_beats_again(self):
        for mode in (LIVE, REDUCE_ONLY, PAPER):
            with self.subTest(mode=mode):
                steps = [lambda d: d.set_beat(0), lambda d: d.set_beat(now())]
                self.both(lambda: halt_page(word(2, mode), dead_man=60 * SECOND), then=steps)

    def test_reasons_when_only_reducing_is_asked_while_the_host_stops(self):
        def ask(gate):
            return gate.permits_reducing(), gate.permits(), kind_of(gate.why)

        steps = [lambda d: d.set_beat(0), lambda d: d.set_beat(now())]
        self.both(lambda: halt_page(word(2, REDUCE_ONLY), dead_man=60 * SECOND), then=steps, ask=ask)

    def test_environment(self):
        for value, mode in itertools.product(("live", "paper", "halt", "", "LIVE", "x"), range(5)):
            self.setenv("TRADING_MODE", value)
            with self.subTest(value=value, mode=mode):
                self.both(halt_page(word(2, mode)), "venue=paper")
                self.both(halt_page(word(2, mode)), "venue=kraken")

    def test_stop_file(self):
        for make in (lambda p: open(p, "w").close(), os.mkdir, lambda p: os.symlink("/nowhere", p), os.mkfifo):
            self.both(arrange=lambda d: make(d.path_to("EMERGENCY_STOP")))
            self.both(then=[lambda d: make(d.path_to("EMERGENCY_STOP")), lambda d: d.set_word(word(4, LIVE))])

    def test_a_stop_file_that_is_removed(self):
        def step(directory):
            os.rmdir(directory.path_to("EMERGENCY_STOP"))

        steps = [lambda d: os.mkdir(d.path_to("EMERGENCY_STOP")), step, lambda d: None, lambda d: d.set_word(word(4, LIVE))]
        self.both(then=steps)

    def test_changes(self):
        self.both(then=[
            lambda d: d.set_word(word(3, HALTED)), lambda d: d.set_word(word(4, LIVE)),
            lambda d: (d.set_entry(5, HALTED, "venue=kraken"), d.set_word(word(5, LIVE))),
            lambda d: (d.set_entry(5, 7), d.set_word(word(6, LIVE))),
            lambda d: d.set_word(word(7, REDUCE_ONLY)), lambda d: d.set_word(word(9, PAPER)), lambda d: d.set_word(0),
            lambda d: d.set_word(0xFFFFFFFF), lambda d: d.set_word(word(10, LIVE)),
        ])  # fmt: skip

    def test_pages_that_change_under_the_gate(self):
        def ask(gate):
            beat = gate.beat()
            return beat, gate.permits(), kind_of(gate.why)

        contents = {"halt.page": lambda: halt_page(word(6, LIVE)), "gates.page": lambda: bytes(65536)}
        for name, what in itertools.product(contents, ("replaced", "removed", "cut short")):
            # A replaced page may be found in the same check or, refusing until then, in one of the next 250 ms.
            step = {
                "replaced": lambda d: (d.put(name, contents[name]()), time.sleep(0.3)),
                "removed": lambda d: os.unlink(f"{d.run}/{name}"),
                "cut short": lambda d: os.truncate(f"{d.run}/{name}", 0),
            }[what]
            with self.subTest(name=name, what=what):
                answers = self.both(then=[step, lambda d: time.sleep(0.3), lambda d: None], ask=self.settled(what, ask))
                self.assertEqual(answers[-1][1], what == "replaced")

    @staticmethod
    def settled(what, ask):
        """Asks once more when the page was replaced."""
        if what != "replaced":
            return ask
        return lambda gate: (ask(gate), ask(gate))[1]

    def test_arguments(self):
        for scope in (
            "", "global", "venue", "venue=", "=paper", "exchange=kraken", "venue=a,venue=b", "venue=a,", ",venue=a", "venue=a,,symbol=b",
            "venue=a\nb", "venue=" + "x" * 122, "venue=" + "x" * 123, "venue=a b", "venue=é", "global,venue=a", None,
        ):  # fmt: skip
            with self.subTest(scope=scope):
                self.both(scope=scope)
        for name in ("", "x" * 64, "x" * 65, "é" * 32, "é" * 33):
            said = []
            for make in (estop.Gate, CGate):
                directory = self.directory()
                try:
                    gate = make(name, "", directory.path)
                    said.append(directory.slots()[0]["name"])
                    gate.close()
                except (OSError, ValueError):
                    said.append(None)
            self.assertEqual(said[0], said[1])

    def test_full_table_and_dead_slots(self):
        old = (b"\x63\0\0\0" + b"\xff" * 252) * 256
        self.both(gates=old, ask=lambda gate: gate.permits())
        self.both(gates=old[: 256 * 9] + bytes(256) + old[256 * 10 :], ask=lambda gate: gate.permits())
        directory = self.directory()
        gates = [make(f"n{index}", "", directory.path) for index in range(10) for make in (estop.Gate, CGate)]
        self.assertEqual(sorted(directory.slots()), list(range(20)))
        for gate in gates[::3]:
            gate.close()
        more = [make("again", "", directory.path) for _ in range(2) for make in (estop.Gate, CGate)]
        self.assertEqual(sorted(slot for slot, held in directory.slots().items() if held["name"] == "again"), [0, 3, 6, 9])
        for gate in gates[1::3] + gates[2::3] + more:
            gate.close()
        self.assertEqual(directory.slots(), {})

    def test_interval(self):
        self.both(interval=0.0)
        self.both(interval=2.5)

    def test_waiting_for_a_page_does_not_spin(self):
        for make in (estop.Gate, CGate):
            with self.subTest(make.__name__ + make.__module__):
                directory = self.directory()
                os.unlink(directory.run + "/halt.page")
                gate = make("grid", "", directory.path)
                before = time.process_time()
                self.assertEqual(gate.wait(0, 0.6), 0)
                self.assertLess(time.process_time() - before, 0.1)
                gate.close()


class LibraryTests(PagesTestCase):
    """What only libestop promises."""

    def test_a_page_cut_short_becomes_a_refusal(self):
        for name in ("halt.page", "gates.page"):
            with self.subTest(name):
                directory = self.directory()
                child = os.fork()
                if child == 0:
                    gate = CGate("grid", "", directory.path)
                    before = gate.permits()
                    os.truncate(f"{directory.run}/{name}", 0)
                    os._exit(0 if before and not gate.permits() else 1)
                self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_a_forked_childs_gate_refuses_and_lets_go_of_the_slot(self):
        directory = self.directory()
        gate = CGate("grid", "", directory.path)
        self.assertTrue(gate.permits())
        ready, hold = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            verdicts = (gate.permits(), gate.permits_reducing(), gate.mode, gate.state, gate.beat(), gate.wait(0, 0.1))
            os.write(ready[1], repr((verdicts, gate.why)).encode())
            os.close(hold[1])
            os.read(hold[0], 1)
            os._exit(0)
        told = os.read(ready[0], 4096).decode()
        self.assertIn("(False, False, 'unknown', 0, False, 0)", told)
        self.assertIn("forked", told)
        self.assertEqual(directory.slots()[0]["checks"], 1)
        gate.close()
        again = estop.Gate("again", "", directory.path)
        self.assertEqual([slot["name"] for slot in directory.slots().values()], ["again"])
        again.close()
        for end in ready + hold:
            os.close(end)
        os.waitpid(child, 0)

    def test_a_wait_is_woken_by_a_halt(self):
        with mock.patch.dict(os.environ, {"ESTOP_LIB": C._name}):
            for make in (CGate, estop.Gate):
                directory = self.directory()
                gate = make("grid", "", directory.path)
                took = []

                def halt():
                    time.sleep(0.05)
                    took.append(time.perf_counter())
                    estop.halt("now", state=directory.path)

                thread = threading.Thread(target=halt)
                thread.start()
                self.assertEqual(gate.wait(word(2, LIVE), 5), word(3, HALTED))
                took.append(time.perf_counter())
                thread.join()
                self.assertLess(took[1] - took[0], 0.05)
                self.assertFalse(gate.permits())
                gate.close()

    def test_every_reason_reaches_the_log_whole_or_marked(self):
        with mock.patch.dict(os.environ, {"ESTOP_LIB": C._name}):
            directory = self.directory()
            reasons = ["plain", 'quote " and \\ and \n', "é" * 600, "x" * 5000, "\x7f\x01", "\u2028", "\udcff"]
            for reason in reasons:
                self.assertTrue(estop.halt(reason, "venue=kraken", directory.path).durable)
            with open(directory.path_to("kill_switch.log"), "rb") as file:
                records = [json.loads(line) for line in file.read().split(b"\n") if line]
            self.assertEqual(len(records), len(reasons))
            for record, reason in zip(records, reasons):
                self.assertTrue(record["reason"] == reason or record["reason"].endswith("\u2026") or reason == "\udcff", record)
                self.assertLessEqual(len(record["reason"].encode()), 1024 + 3)

    def test_a_stop_file_that_is_there_already_does_not_pass_for_a_recorded_reason(self):
        directory = self.directory()
        os.unlink(directory.run + "/halt.page")
        os.mkdir(directory.path_to("EMERGENCY_STOP"))
        asked = []
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(directory.path_to("estop.sock"))
            server.listen()

            def serve():
                peer, _ = server.accept()
                asked.append(peer.recv(65536))
                peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                peer.close()

            threading.Thread(target=serve, daemon=True).start()
            C.estop_halt(directory.path.encode(), None, b"mine", None)
            deadline = time.monotonic() + 1
            while not asked and time.monotonic() < deadline:
                time.sleep(0.01)
        self.assertTrue(asked, "the host was not told the reason")


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # a test runner may have blocked some
    unittest.main()
