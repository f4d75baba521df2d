"""Tests of Sources/Python/estop.py, on pages made by hand from DESIGN.md's tables.

    python3 gate_test.py                 every test; the cost of a check is printed, not asserted
    ESTOP_LIB=.../libestop.so.1 ...      also halts through libestop
"""

import fcntl
import importlib.util
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import unittest
from unittest import mock

sys.dont_write_bytecode = True
from pages import (  # noqa: E402
    HALTED, LIBRARY, LIVE, PAPER, REDUCE_ONLY, SECOND, SLOT_SIZE, UNKNOWN,
    PagesTestCase, boot_id, cost, halt_page, now, word,
)  # fmt: skip

sys.path.insert(0, LIBRARY + "/Python")
import estop  # noqa: E402

BUILT_LIBRARY = os.environ.get("ESTOP_LIB")
LIVE_WORD, HALTED_WORD = word(2, LIVE), word(3, HALTED)


def verdict(gate):
    return gate.permits(), gate.permits_reducing(), gate.mode


def lock(file, slot, length=1, kind=fcntl.F_WRLCK):
    fcntl.fcntl(file, estop._F_OFD_SETLK, struct.pack("@hhqqi0q", kind, os.SEEK_SET, slot * SLOT_SIZE, length, 0))


def run(code, directory, *arguments, **options):
    """Another Python process with estop imported and `state` set."""
    head = f"import sys, os, time, signal; sys.path.insert(0, {LIBRARY + '/Python'!r}); state = {directory.path!r}\n"
    return subprocess.Popen(
        [sys.executable, "-B", "-c", head + code, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


class GateTestCase(PagesTestCase):
    def gate(self, directory, scope="venue=kraken", name="grid", interval=0.0):
        gate = estop.Gate(name, scope, directory.path, interval)
        self.addCleanup(gate.close)
        return gate

    def later(self, gate):
        """As if the gate's 250 ms between two attempts to find the page were over."""
        gate._look_again = 0


class ModeTests(GateTestCase):
    def test_every_mode_permits_exactly_what_the_contract_says(self):
        for mode, scope, permits, reducing, name in [
            (UNKNOWN, "venue=paper", False, False, "unknown"),
            (LIVE, "venue=kraken", True, True, "live"),
            (LIVE, "", True, True, "live"),
            (PAPER, "venue=paper", True, True, "paper"),
            (PAPER, "strategy=grid,venue=paper", True, True, "paper"),
            (PAPER, "venue=paper2", False, False, "paper"),
            (PAPER, "strategy=paper", False, False, "paper"),
            (PAPER, "", False, False, "paper"),
            (REDUCE_ONLY, "venue=kraken", False, True, "reduce-only"),
            (HALTED, "venue=paper", False, False, "halted"),
            (5, "venue=paper", False, False, "unknown"),
            (6, "venue=paper", False, False, "unknown"),
            (7, "venue=paper", False, False, "unknown"),
        ]:
            with self.subTest(mode=mode, scope=scope):
                gate = self.gate(self.directory(halt_page(word(2, mode))), scope)
                self.assertEqual(verdict(gate), (permits, reducing, name))
                gate.permits()
                self.assertEqual(gate.why == "", permits)

    def test_a_gate_follows_the_word_and_acknowledges_it(self):
        directory = self.directory()
        gate = self.gate(directory, "venue=kraken", interval=2.5)
        self.assertTrue(gate.permits())
        directory.set_word(HALTED_WORD)
        self.assertEqual(directory.slots()[0]["state"], LIVE_WORD)
        self.assertEqual(gate.state, HALTED_WORD)
        self.assertEqual(directory.slots()[0]["state"], LIVE_WORD, "only a check acknowledges")
        self.assertFalse(gate.permits())
        self.assertEqual(gate.why, "trading is halted")
        directory.set_word(word(4, LIVE))
        self.assertTrue(gate.permits())
        self.assertEqual(gate.why, "")
        slot = directory.slots()[0]
        self.assertEqual((slot["state"], slot["checks"], slot["refusals"]), (word(4, LIVE), 3, 1))
        self.assertEqual((slot["pid"], slot["name"], slot["scope"]), (os.getpid(), "grid", "venue=kraken"))
        self.assertEqual((slot["interval"], slot["start"]), (2_500_000_000, estop._start_time()))

    def test_the_reason_belongs_to_the_last_question(self):
        directory = self.directory(halt_page(word(3, REDUCE_ONLY), dead_man=SECOND))
        gate = self.gate(directory)
        self.assertTrue(gate.permits_reducing())
        self.assertEqual(gate.why, "")
        self.assertFalse(gate.permits())
        self.assertIn("reduce-only", gate.why)
        directory.set_beat(0)
        self.assertFalse(gate.permits_reducing())
        self.assertIn("dead-man", gate.why)
        directory.set_beat(now())
        self.assertTrue(gate.permits_reducing())
        self.assertFalse(gate.permits())
        self.assertIn("reduce-only", gate.why)

    def test_the_environment_restricts(self):
        for value, mode, expected in [
            ("live", LIVE, "live"), ("paper", LIVE, "paper"), ("halt", LIVE, "halted"), ("", LIVE, "halted"),
            ("LIVE", LIVE, "halted"), ("live ", LIVE, "halted"), ("nonsense", LIVE, "halted"),
            ("live", HALTED, "halted"), ("paper", REDUCE_ONLY, "halted"), ("paper", UNKNOWN, "unknown"),
        ]:  # fmt: skip
            with self.subTest(value=value, mode=mode):
                self.setenv("TRADING_MODE", value)
                gate = self.gate(self.directory(halt_page(word(2, mode))))
                self.assertEqual(gate.mode, expected)
                self.assertEqual(gate.permits(), expected == "live")


class UntrustedPageTests(GateTestCase):
    """unknown-refuses."""

    def refused(self, directory, why):
        gate = self.gate(directory, "venue=paper")
        self.assertEqual(verdict(gate), (False, False, "unknown"))
        self.assertEqual(gate.state, 0)
        self.assertIn(why, gate.why)
        self.assertFalse(gate.beat())
        self.assertEqual(gate.wait(0, 0), 0)
        return gate

    def test_pages_that_cannot_be_trusted(self):
        other_boot = bytes(16)
        for page, why in [
            (halt_page(magic=b"ESTOPPG2"), "not a page of estop"),
            (halt_page(magic=bytes(8)), "not a page of estop"),
            (halt_page(version=2), "this estop.py understands layout 1, the page is 2: update it"),
            (halt_page(version=0xFFFFFFFF), "update it"),
            (halt_page(version=0), "layout 0"),
            (halt_page(boot=other_boot), "another boot"),
            (halt_page()[:4095], "too short"),
            (b"", "too short"),
            (halt_page()[:16], "too short"),
        ]:
            with self.subTest(why=why):
                self.refused(self.directory(page), why)

    def test_no_page_and_dangling_link(self):
        directory = self.directory()
        os.unlink(directory.path_to("halt.page"))
        self.refused(directory, "there is no halt.page")
        directory = self.directory()
        os.unlink(directory.run + "/halt.page")
        self.refused(directory, "leads to nothing")
        directory = self.directory()
        os.unlink(directory.path_to("gates.page"))
        self.refused(directory, "there is no gates.page")
        directory = self.directory()
        directory.put("gates.page", bytes(65535))
        self.refused(directory, "too short")

    def test_a_page_of_another_kind(self):
        for make in (os.mkdir, os.mkfifo):
            directory = self.directory()
            os.unlink(directory.run + "/halt.page")
            make(directory.run + "/halt.page")
            self.refused(directory, "halt.page")

    def test_another_desks_page(self):
        one, other = self.directory(), self.directory()
        for name in ("halt.page", "gates.page"):
            with self.subTest(name):
                os.unlink(one.path_to(name))
                os.symlink(f"{other.run}/{name}", one.path_to(name))
                self.refused(one, "another desk's page")

    def test_a_page_without_a_link(self):
        directory = self.directory()
        os.unlink(directory.path_to("halt.page"))
        with open(directory.path_to("halt.page"), "wb") as file:
            file.write(directory.own(halt_page()))
        self.assertTrue(self.gate(directory).permits())

    @unittest.skipUnless(os.geteuid() == 0, "changes owners")
    def test_foreign_owners(self):
        for name in ("halt.page", "gates.page"):
            directory = self.directory()
            os.chown(f"{directory.run}/{name}", 4242, -1)
            self.refused(directory, "owner")
            directory = self.directory()
            os.lchown(directory.path_to(name), 4242, -1)
            self.refused(directory, "owner")
        directory = self.directory()
        os.chown(directory.path, 4242, -1)
        self.refused(directory, "another desk's page")  # the run directory's name has the owner's uid

    def test_a_network_file_system_is_an_error(self):
        directory = self.directory()
        with mock.patch.object(estop, "_is_network", lambda _: True):
            self.assertRaises(estop.Error, estop.Gate, "grid", "", directory.path)

    def test_both_ways_to_know_the_file_system_agree(self):
        for path in ("/", "/dev/shm", "/proc"):
            directory = os.open(path, os.O_RDONLY)
            self.assertFalse(estop._is_network(directory))
            with mock.patch.object(estop, "_libc", None):
                self.assertFalse(estop._is_network(directory))
            os.close(directory)

    def test_the_gate_finds_the_page_when_it_appears(self):
        directory = self.directory()
        os.rename(directory.run + "/halt.page", directory.run + "/away")
        gate = self.refused(directory, "leads to nothing")
        os.rename(directory.run + "/away", directory.run + "/halt.page")
        self.assertFalse(gate.permits(), "at most every 250 ms")
        self.later(gate)
        self.assertTrue(gate.permits())
        self.assertEqual(directory.slots()[0]["checks"], 1)

    def test_arguments(self):
        directory = self.directory()
        for name in ("", "x" * 65, "é" * 33, "a\0b"):
            self.assertRaises(ValueError, estop.Gate, name, "", directory.path)
        for scope in (
            "venue", "venue=", "=paper", "exchange=kraken", "venue=a,venue=b", "venue=a,", ",venue=a", "venue=a,,symbol=b",
            "venue=a\nb", "venue=" + "x" * 123, "venue=\0",
        ):  # fmt: skip
            with self.subTest(scope):
                self.assertRaises(ValueError, estop.Gate, "grid", scope, directory.path)
        for interval in (-1.0, float("nan"), float("inf")):
            self.assertRaises(ValueError, estop.Gate, "grid", "", directory.path, interval)
        self.assertRaises(FileNotFoundError, estop.Gate, "grid", "", directory.path + "/none")
        self.assertEqual(directory.slots(), {})
        longest = self.gate(directory, "venue=" + "x" * 122, "n" * 64)
        self.assertTrue(longest.permits())
        slot = directory.slots()[0]
        self.assertEqual((len(slot["name"]), len(slot["scope"])), (64, 128))


class DeadManTests(GateTestCase):
    def test_the_limit(self):
        limit = 60 * SECOND
        for beat, permits in [
            (0, True), (-59 * SECOND, True), (-61 * SECOND, False), (SECOND // 2, True), (3 * SECOND, False), (None, False)
        ]:  # fmt: skip
            with self.subTest(beat=beat):
                directory = self.directory(halt_page(dead_man=limit, beat=0 if beat is None else now() + beat))
                gate = self.gate(directory)
                self.assertEqual(gate.permits(), permits)
                self.assertEqual("dead-man" in gate.why, not permits)
                self.assertEqual(gate.mode, "live" if permits else "unknown")
                self.assertEqual(directory.slots()[0]["state"], LIVE_WORD)

    def test_no_limit(self):
        self.assertTrue(self.gate(self.directory(halt_page(dead_man=0, beat=0))).permits())

    def test_a_check_stores_the_beat_that_it_saw(self):
        directory = self.directory(halt_page(dead_man=SECOND))
        gate = self.gate(directory)
        for ago in (0, SECOND // 10, 5 * SECOND):
            beat = now() - ago
            directory.set_beat(beat)
            self.assertEqual(gate.permits(), ago < SECOND)
            self.assertEqual(directory.slots()[0]["host_beat"], beat)


class ScopeTests(GateTestCase):
    def test_what_covers_what(self):
        for entry, gate, covered in [
            ("venue=kraken", "venue=kraken", True),
            ("venue=kraken", "venue=paper", False),
            ("venue=kraken", "strategy=grid", True),
            ("venue=kraken", "", True),
            ("venue=kraken,strategy=grid", "venue=kraken", True),
            ("venue=kraken,strategy=grid", "venue=kraken,strategy=trend", False),
            ("venue=kraken,strategy=grid", "strategy=grid,venue=kraken,symbol=BTC", True),
            ("venue=krake", "venue=kraken", False),
            ("symbol=A=B", "symbol=A=B", True),
            ("symbol=A=B", "symbol=A", False),
            ("", "venue=paper", True),
            ("global", "venue=paper", True),
            # Damaged: covers everything.
            ("garbage", "venue=paper", True),
            ("venue=kraken,garbage", "venue=paper", True),
            ("venue=kraken,venue=other", "venue=kraken", True),
            ("venue=kraken,", "venue=paper", True),
            ("venue=\x01", "venue=paper", True),
        ]:
            with self.subTest(entry=entry, gate=gate):
                page = halt_page(entries=[(23, HALTED, entry)])
                self.assertEqual(self.gate(self.directory(page), gate).permits(), not covered)

    def test_what_an_entry_says(self):
        for mode, reducing, named in [
            (0, True, "live"), (7, True, "live"), (LIVE, True, "live"), (PAPER, False, "paper"),
            (REDUCE_ONLY, True, "reduce-only"), (HALTED, False, "halted"), (5, False, "halted"), (6, False, "halted"),
            (8, False, "halted"), (0xFFFFFFFF, False, "halted"),
        ]:  # fmt: skip
            with self.subTest(mode=mode):
                gate = self.gate(self.directory(halt_page(entries=[(mode, "venue=kraken")])), "venue=kraken")
                self.assertEqual(verdict(gate), (named == "live", reducing, named))
                gate = self.gate(self.directory(halt_page(entries=[(mode, "venue=kraken")])), "venue=other")
                self.assertEqual(gate.permits(), mode in (0, 1, 2, 3, 4, 7))

    def test_restrictions_combine_by_intersection(self):
        for page, entries, mode in [
            (LIVE, [PAPER, PAPER], "paper"), (LIVE, [PAPER, REDUCE_ONLY], "halted"), (PAPER, [REDUCE_ONLY], "halted"),
            (REDUCE_ONLY, [LIVE], "reduce-only"), (HALTED, [LIVE], "halted"), (UNKNOWN, [HALTED], "unknown"),
        ]:  # fmt: skip
            with self.subTest(page=page, entries=entries):
                made = halt_page(word(2, page), entries=[(entry, "venue=paper") for entry in entries])
                self.assertEqual(self.gate(self.directory(made), "venue=paper").mode, mode)

    def test_verdict_of_word(self):
        directory = self.directory()
        gate = self.gate(directory)
        self.assertTrue(gate.permits())
        directory.set_entry(3, HALTED, "venue=kraken")
        directory.set_word(word(3, LIVE))
        self.assertFalse(gate.permits())
        self.assertEqual(gate.why, "trading is halted for this bot's scope")
        self.assertEqual(directory.slots()[0]["state"], word(3, LIVE))
        directory.set_entry(3, 0)
        directory.set_word(word(4, LIVE))
        self.assertTrue(gate.permits())


class StopFileTests(GateTestCase):
    def test_anything_of_that_name_refuses(self):
        for make in (
            lambda path: open(path, "w").close(), os.mkdir, lambda path: os.symlink("/nowhere", path), os.mkfifo,
        ):  # fmt: skip
            directory = self.directory()
            make(directory.path_to("EMERGENCY_STOP"))
            self.assertEqual(verdict(self.gate(directory)), (False, False, "halted"))

    def test_it_is_seen_on_beat_on_wait_and_on_change(self):
        for look in (
            lambda gate, _: gate.beat(), lambda gate, _: gate.wait(LIVE_WORD, 0), lambda _, directory: directory.set_word(word(4, LIVE)),
        ):  # fmt: skip
            directory = self.directory()
            gate = self.gate(directory)
            self.assertTrue(gate.permits())
            os.mkdir(directory.path_to("EMERGENCY_STOP"))
            look(gate, directory)
            self.assertFalse(gate.permits())
            self.assertIn("EMERGENCY_STOP", gate.why)

    def test_removing_it_lifts_nothing_until_somebody_resumes(self):
        directory = self.directory()
        gate = self.gate(directory)
        os.mkdir(directory.path_to("EMERGENCY_STOP"))
        gate.beat()
        os.rmdir(directory.path_to("EMERGENCY_STOP"))
        gate.beat()
        self.assertFalse(gate.permits())
        directory.set_word(word(4, LIVE))
        self.assertTrue(gate.permits())

    def test_any_error_but_does_not_exist_refuses(self):
        directory = self.directory()
        gate = self.gate(directory)
        real = os.stat

        def stat(path, **options):
            if path == "EMERGENCY_STOP":
                raise PermissionError(13, "Permission denied")
            return real(path, **options)

        with mock.patch.object(estop.os, "stat", stat):
            gate.beat()
        self.assertFalse(gate.permits())


class OrphanTests(GateTestCase):
    def test_an_orphaned_page_refuses_and_the_new_one_is_found(self):
        for name in ("halt.page", "gates.page"):
            with self.subTest(name):
                directory = self.directory()
                gate = self.gate(directory)
                self.assertTrue(gate.permits())
                self.later(gate)
                directory.put(name, halt_page(word(6, LIVE)) if name == "halt.page" else bytes(65536))
                gate.beat()
                self.assertEqual(gate.permits(), True)
                self.assertEqual(directory.slots()[0]["checks"], 1)
                directory.put(name, halt_page(word(8, LIVE)) if name == "halt.page" else bytes(65536))
                gate.beat()
                self.assertFalse(gate.permits(), "at most every 250 ms")
                self.assertIn("orphan", gate.why)
                self.later(gate)
                self.assertTrue(gate.permits())

    def test_a_change_of_an_orphan_is_not_obeyed(self):
        directory = self.directory(halt_page(HALTED_WORD))
        gate = self.gate(directory)
        self.assertFalse(gate.permits())
        old = os.open(directory.run + "/halt.page", os.O_WRONLY)
        directory.put("halt.page", halt_page(word(5, HALTED)))
        os.pwrite(old, struct.pack("<I", LIVE_WORD), 16)
        os.close(old)
        self.assertFalse(gate.permits())
        self.later(gate)
        self.assertFalse(gate.permits())
        self.assertEqual(gate.state, word(5, HALTED))

    def test_a_removed_page_refuses(self):
        for name in ("halt.page", "gates.page"):
            directory = self.directory()
            gate = self.gate(directory)
            os.unlink(f"{directory.run}/{name}")
            gate.beat()
            self.assertFalse(gate.permits())

    def test_a_page_cut_short_refuses_on_beat_and_wait(self):
        for name in ("halt.page", "gates.page"):
            for look in (lambda gate: gate.beat(), lambda gate: gate.wait(LIVE_WORD, 0)):
                directory = self.directory()
                gate = self.gate(directory)
                self.assertTrue(gate.permits())
                os.truncate(f"{directory.run}/{name}", 0)
                look(gate)
                self.assertFalse(gate.permits())
                self.assertIn(f"{name} is too short", gate.why)

    def test_a_check_of_a_page_cut_short_never_permits(self):
        directory = self.directory()
        code = "import estop; gate = estop.Gate('grid', '', state); os.truncate(state + '/halt.page', 0)\n"
        child = run(code + "print(gate.permits())", directory)
        self.assertEqual(child.communicate()[0], "")
        self.assertEqual(child.returncode, -signal.SIGBUS)

    def test_a_page_that_is_repaired_in_place_is_followed(self):
        directory = self.directory(halt_page(boot=bytes(16)))
        gate = self.gate(directory)
        self.assertFalse(gate.permits())
        file = os.open(directory.run + "/halt.page", os.O_WRONLY)
        os.pwrite(file, directory.own(halt_page(word(5, HALTED))), 0)
        os.close(file)
        self.later(gate)
        self.assertFalse(gate.permits())
        self.assertEqual(gate.mode, "halted")


class SlotTests(GateTestCase):
    def test_a_full_table_is_an_error_at_open(self):
        directory = self.directory()
        file = os.open(directory.run + "/gates.page", os.O_RDWR)
        lock(file, 0, 256 * SLOT_SIZE)
        self.assertRaises(estop.TableFull, estop.Gate, "grid", "", directory.path)
        lock(file, 200, 1, fcntl.F_UNLCK)
        self.assertTrue(self.gate(directory).permits())
        self.assertEqual(list(directory.slots()), [200])
        self.assertRaises(estop.TableFull, estop.Gate, "grid", "", directory.path)
        os.close(file)

    def test_unused_slots_come_first_then_dead_ones(self):
        old = bytearray(65536)
        for slot in range(256):
            struct.pack_into("<I4xQI4xQQQQQ", old, slot * SLOT_SIZE, 99, 98, 97, 96, 95, 94, 93, 92)
            old[slot * SLOT_SIZE + 64 : slot * SLOT_SIZE + 256] = b"x" * 192
        old[77 * SLOT_SIZE : 77 * SLOT_SIZE + 4] = bytes(4)
        directory = self.directory(gates=bytes(old))
        file = os.open(directory.run + "/gates.page", os.O_RDWR)
        lock(file, 0)
        first, second = self.gate(directory, "", "one"), self.gate(directory, "", "two")
        os.close(file)
        slots = directory.slots()
        for index, name in ((77, "one"), (1, "two")):
            slot = slots[index]
            self.assertEqual((slot["pid"], slot["name"], slot["scope"]), (os.getpid(), name, ""))
            for key in ("host_beat", "beat", "checks", "refusals", "interval"):
                self.assertEqual(slot[key], 0, key)
            # Until its first check it holds the word under which the gate was opened.
            self.assertNotEqual(slot["state"], 0)
        self.assertEqual(slots[0]["pid"], 99)
        self.assertTrue(first.permits() and second.permits())

    def test_slot_is_locked(self):
        directory = self.directory()
        gate = self.gate(directory)
        file = os.open(directory.run + "/gates.page", os.O_RDWR)
        self.assertRaises(BlockingIOError, lock, file, 0)
        gate.close()
        lock(file, 0)
        os.close(file)
        self.assertEqual(directory.slots(), {})
        self.assertFalse(gate.permits())
        self.assertEqual(gate.why, "this gate is closed")
        self.assertEqual((gate.mode, gate.state, gate.beat(), gate.wait(0, 5)), ("unknown", 0, False, 0))
        gate.close()

    def test_a_gate_that_nobody_holds_gives_its_slot_back(self):
        directory = self.directory()
        before = len(os.listdir("/proc/self/fd"))
        gate = estop.Gate("grid", "", directory.path)
        del gate
        self.assertEqual(directory.slots(), {})
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)
        with estop.Gate("grid", "", directory.path):
            self.assertEqual(len(directory.slots()), 1)
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_nothing_is_left_open_by_a_gate_that_looks_for_its_page(self):
        directory = self.directory(halt_page(version=2))
        gate = self.gate(directory)
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            self.later(gate)
            gate.permits()
        self.assertEqual(len(os.listdir("/proc/self/fd")), before)

    def test_a_killed_bots_slot_is_free_at_once(self):
        directory = self.directory()
        child = run("import estop; gate = estop.Gate('grid', '', state); print(gate.permits(), flush=True); time.sleep(60)", directory)
        self.assertEqual(child.stdout.readline(), "True\n")
        self.assertEqual(directory.slots()[0]["pid"], child.pid)
        child.kill()
        child.communicate()
        file = os.open(directory.run + "/gates.page", os.O_RDWR)
        lock(file, 0)
        os.close(file)
        self.assertEqual(directory.slots()[0]["pid"], child.pid, "it stays listed, as dead")

    def test_many_processes_claim_at_once_and_no_two_the_same(self):
        directory = self.directory()
        code = "import estop; gates = [estop.Gate(str(os.getpid()), '', state) for _ in range(8)]\nprint(flush=True); time.sleep(60)"
        children = [run(code, directory) for _ in range(6)]
        for child in children:
            child.stdout.readline()
        slots = directory.slots()
        self.assertEqual(sorted(slots), list(range(48)))
        for child in children:
            self.assertEqual(sum(slot["name"] == str(child.pid) == str(slot["pid"]) for slot in slots.values()), 8)
            child.kill()
            child.communicate()

    def test_beat(self):
        directory = self.directory()
        gate = self.gate(directory, interval=1.0)
        first = directory.slots()[0]["beat"]
        self.assertGreater(first, 0)
        self.assertTrue(gate.beat())
        self.assertTrue(first < directory.slots()[0]["beat"] <= now())
        self.assertEqual(directory.slots()[0]["checks"], 0)

    def test_a_foreign_process_shares_the_table(self):
        directory = self.directory()
        gate = self.gate(directory)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "foreign.py")
        child = subprocess.Popen(
            [sys.executable, "-B", script, directory.path, "stranger", "venue=paper", "1.5"], stdout=subprocess.PIPE, text=True
        )
        self.assertEqual(json.loads(child.stdout.readline()), {"slot": 1, "pid": child.pid})
        self.assertEqual(json.loads(child.stdout.readline()), {"word": LIVE_WORD, "permitted": True})
        directory.set_word(HALTED_WORD)
        self.assertEqual(json.loads(child.stdout.readline()), {"word": HALTED_WORD, "permitted": False})
        slot = directory.slots()[1]
        self.assertEqual((slot["name"], slot["scope"], slot["state"]), ("stranger", "venue=paper", HALTED_WORD))
        self.assertFalse(gate.permits())
        child.communicate()
        self.assertEqual(list(directory.slots()), [0])


class ForkTests(GateTestCase):
    code = """
import estop, ctypes
gate = estop.Gate('grid', '', state)
assert gate.permits()
child = os.fork() if sys.argv[1] == 'os' else ctypes.CDLL(None).fork()
if child == 0:
    verdicts = [gate.permits(), gate.permits_reducing(), gate.mode, gate.state, gate.beat(), gate.wait(0, 1), gate.why]
    print(*verdicts, sep='|', flush=True)
    with estop.Gate('mine', '', state) as mine:
        print(mine.permits(), flush=True)
    gate.close()
    sys.stdin.read()
    os._exit(0)
sys.stdin.read(1)
print(gate.permits(), flush=True)
time.sleep(60)
"""

    def test_a_childs_inherited_gate_refuses_and_lets_go_of_the_slot(self):
        for kind in ("os", "raw"):
            with self.subTest(kind):
                directory = self.directory()
                parent = run(self.code, directory, kind, stdin=subprocess.PIPE)
                refused = "False|False|unknown|0|False|0|this gate was inherited by a forked child: open a new one\n"
                self.assertEqual(parent.stdout.readline(), refused)
                self.assertEqual(parent.stdout.readline(), "True\n")
                time.sleep(0.1)
                slot = directory.slots()[0]
                self.assertEqual((slot["pid"], slot["checks"]), (parent.pid, 1))
                parent.kill()
                parent.wait()
                file = os.open(directory.run + "/gates.page", os.O_RDWR)
                lock(file, 0)  # although the child lives
                os.close(file)
                parent.stdin.close()
                parent.stdout.close()
                parent.stderr.close()

    def test_the_parents_gate_goes_on(self):
        directory = self.directory()
        gate = self.gate(directory)
        child = os.fork()
        if child == 0:
            os._exit(gate.permits())
        self.assertEqual(os.waitpid(child, 0)[1], 0)
        self.assertTrue(gate.permits())
        self.assertEqual(directory.slots()[0]["checks"], 1)


class WaitTests(GateTestCase):
    def wake(self, gate):
        estop._libc.syscall(estop._futex_number, estop.ctypes.c_void_p(gate._address), 1, 2**31 - 1, 0, 0, 0)

    def wait_for_halt(self, gate, directory, wake):
        took = []

        def halt():
            time.sleep(0.05)
            directory.set_word(HALTED_WORD)
            took.append(time.perf_counter())
            if wake:
                self.wake(gate)

        thread = threading.Thread(target=halt)
        thread.start()
        self.assertEqual(gate.wait(LIVE_WORD, 5), HALTED_WORD)
        took.append(time.perf_counter())
        thread.join()
        self.assertFalse(gate.permits())
        return took[1] - took[0]

    @unittest.skipIf(estop._libc is None, "needs ctypes")
    def test_woken_by_the_change(self):
        directory = self.directory()
        gate = self.gate(directory)
        self.assertTrue(gate._address)
        self.assertLess(self.wait_for_halt(gate, directory, wake=True), 0.05)

    def test_looks_by_itself(self):
        directory = self.directory()
        self.assertLess(self.wait_for_halt(self.gate(directory), directory, wake=False), 0.35)

    def test_polls_without_a_futex(self):
        with mock.patch.object(estop, "_libc", None):
            directory = self.directory()
            gate = self.gate(directory)
            self.assertEqual(gate._address, 0)
            self.assertLess(self.wait_for_halt(gate, directory, wake=False), 0.1)

    def test_returns_when_its_time_is_over(self):
        gate = self.gate(self.directory())
        start = time.monotonic()
        self.assertEqual(gate.wait(LIVE_WORD, 0.1), LIVE_WORD)
        self.assertTrue(0.09 < time.monotonic() - start < 0.3)
        self.assertEqual(gate.wait(0, 5), LIVE_WORD)
        self.assertEqual(gate.wait(LIVE_WORD, -1), LIVE_WORD)

    def test_waits_for_a_page_to_appear_without_spinning(self):
        directory = self.directory()
        os.rename(directory.run + "/halt.page", directory.run + "/away")
        gate = self.gate(directory)
        before = time.process_time()
        threading.Timer(0.4, os.rename, (directory.run + "/away", directory.run + "/halt.page")).start()
        self.assertEqual(gate.wait(0, 5), LIVE_WORD)
        self.assertLess(time.process_time() - before, 0.2)
        self.assertTrue(gate.permits())


class HaltTests(GateTestCase):
    def setUp(self):
        super().setUp()
        self.setenv("ESTOP_LIB", "/nonexistent")
        patch = mock.patch.object(estop, "_library", lambda: None)
        patch.start()
        self.addCleanup(patch.stop)

    def host(self, directory, status="200 OK"):
        """A host of one request on estop.sock; a list that gets what it was asked."""
        server = socket.socket(socket.AF_UNIX)
        here = os.getcwd()
        os.chdir(directory.path)
        server.bind("estop.sock")
        os.chdir(here)
        server.listen()
        asked = []

        def serve():
            peer, _ = server.accept()
            head, _, body = peer.recv(65536).partition(b"\r\n\r\n")
            asked.extend([head.split(b"\r\n")[0].decode(), json.loads(body)])
            peer.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            peer.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(server.close)
        return asked

    def test_leaves_the_stop_file(self):
        directory = self.directory()
        gate = self.gate(directory)
        self.assertEqual(gate.halt("prices are wrong"), estop.Halt("stop-file", False, True, None, None))
        with open(directory.path_to("EMERGENCY_STOP"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "prices are wrong")
        self.assertFalse(gate.permits())

    def test_a_scoped_halt_says_so_in_the_stop_file(self):
        directory = self.directory()
        estop.halt("x" * 3000, "venue=kraken", directory.path)
        with open(directory.path_to("EMERGENCY_STOP"), encoding="utf-8") as file:
            text = file.read()
        self.assertLessEqual(len(text), 1024)
        self.assertIn("asked for venue=kraken; halted globally", text)

    def test_a_stop_file_that_is_there_already_keeps_its_reason(self):
        directory = self.directory()
        os.mkdir(directory.path_to("EMERGENCY_STOP"))
        self.assertEqual(estop.halt("second", state=directory.path), estop.Halt("stop-file", False, False, None, None))
        asked = self.host(directory)
        self.assertEqual(estop.halt("third", state=directory.path).by, "socket")
        self.assertEqual(asked[1]["reason"], "third")

    def read_only(self):
        real = os.open

        def refuse(path, flags, *rest, **options):
            if path == "EMERGENCY_STOP":
                raise OSError(30, "Read-only file system")
            return real(path, flags, *rest, **options)

        patch = mock.patch.object(estop.os, "open", refuse)
        patch.start()
        self.addCleanup(patch.stop)

    def test_asks_the_host(self):
        directory = self.directory()
        asked = self.host(directory)
        self.read_only()
        report = estop.halt('so "much"\nlost', "venue=kraken", directory.path)
        self.assertEqual(report, estop.Halt("socket", False, True, None, None))
        self.assertEqual(asked[0], "POST /api/emergency/kill-switch/activate HTTP/1.1")
        self.assertEqual(asked[1], {"reason": 'so "much"\nlost', "source": "library", "scope": "venue=kraken"})

    def test_fails_loudly(self):
        directory = self.directory()
        self.read_only()
        with self.assertRaisesRegex(estop.HaltFailed, "NOT HALTED.*Read-only.*estop.sock"):
            estop.halt("nobody", state=directory.path)
        self.host(directory, "503 Service Unavailable")
        with self.assertRaisesRegex(estop.HaltFailed, "NOT HALTED.*503"):
            estop.halt("nobody", state=directory.path)
        self.assertRaisesRegex(estop.HaltFailed, "NOT HALTED", estop.halt, "nobody", None, directory.path + "/none")

    def test_odd_reasons(self):
        for reason, text in [("", "Emergency halt"), (None, "Emergency halt"), ("a\0b", "a b"), ("\udc80", "?"), (7, "7")]:
            directory = self.directory()
            estop.halt(reason, state=directory.path)
            with open(directory.path_to("EMERGENCY_STOP"), encoding="utf-8") as file:
                self.assertEqual(file.read(), text)


@unittest.skipUnless(BUILT_LIBRARY, "ESTOP_LIB names no libestop")
class LibraryHaltTests(GateTestCase):
    def setUp(self):
        super().setUp()
        self.setenv("ESTOP_LIB", BUILT_LIBRARY)

    def test_the_page_takes_it(self):
        directory = self.directory()
        gate, other = self.gate(directory), self.gate(directory)
        report = gate.halt("prices are wrong")
        self.assertEqual((report.by, report.durable, report.recorded, report.state), ("page", True, True, HALTED_WORD))
        self.assertFalse(gate.permits() or other.permits())
        with open(directory.path_to("kill_switch.log"), encoding="utf-8") as file:
            record = json.loads(file.read())
        self.assertEqual((record["id"], record["reason"], record["source"]), (report.id, "prices are wrong", "library"))
        self.assertFalse(os.path.exists(directory.path_to("EMERGENCY_STOP")))

    def test_one_scope(self):
        directory = self.directory()
        mine, other = self.gate(directory, "venue=kraken"), self.gate(directory, "venue=other")
        self.assertEqual(mine.halt("one venue", "venue=kraken").by, "page")
        self.assertFalse(mine.permits())
        self.assertTrue(other.permits())

    def test_without_a_page_the_stop_file_is_left(self):
        directory = self.directory()
        os.unlink(directory.run + "/halt.page")
        self.assertEqual(estop.halt("no page", state=directory.path)[:3], ("stop-file", True, True))
        self.assertEqual(estop.halt("again", state=directory.path)[:3], ("stop-file", True, True))
        os.unlink(directory.path_to("kill_switch.log"))
        os.mkdir(directory.path_to("kill_switch.log"))
        self.assertEqual(estop.halt("no log", state=directory.path)[:3], ("stop-file", False, False))
        os.unlink(directory.path_to("EMERGENCY_STOP"))
        self.assertEqual(estop.halt("only the file", state=directory.path)[:3], ("stop-file", False, True))


class ModuleTests(GateTestCase):
    def test_default_state(self):
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        directory = self.directory()
        os.chdir(directory.path)
        with mock.patch.dict(os.environ, {"HOME": "/home/x"}, clear=True):
            self.assertEqual(estop.default_state(), "/home/x/.local/state/estop")
            os.environ["XDG_STATE_HOME"] = "relative"
            self.assertEqual(estop.default_state(), "/home/x/.local/state/estop")
            os.environ["XDG_STATE_HOME"] = "/var/x"
            self.assertEqual(estop.default_state(), "/var/x/estop")
            open("Package.swift", "w").close()
            os.mkdir("state")
            self.assertEqual(estop.default_state(), "/var/x/estop")
            open("state/README.md", "w").close()
            self.assertEqual(estop.default_state(), "state")
            os.environ["ESTOP_STATE"] = "/elsewhere"
            self.assertEqual(estop.default_state(), "/elsewhere")

    def test_works_without_ctypes(self):
        spec = importlib.util.spec_from_file_location("estop_without_ctypes", LIBRARY + "/Python/estop.py")
        module = importlib.util.module_from_spec(spec)
        with mock.patch.dict(sys.modules, {"ctypes": None}):
            spec.loader.exec_module(module)
        self.assertIsNone(module.ctypes)
        directory = self.directory()
        with module.Gate("grid", "", directory.path) as gate:
            self.assertTrue(gate.permits())
            self.assertEqual(gate.wait(LIVE_WORD, 0.02), LIVE_WORD)
            self.assertEqual(gate.halt("stop").by, "stop-file")
            self.assertFalse(gate.permits())

    def test_signal_handler_may_ask_and_halt(self):
        directory = self.directory()
        gate = self.gate(directory)
        asked = []
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, lambda *_: asked.append(gate.beat())))
        signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            directory.set_word(word(2 + 2 * len(asked), LIVE))
            self.assertTrue(gate.permits())
        self.assertGreater(len(asked), 50)

    def test_cost_of_a_check(self):
        for limit, name in ((0, "without"), (3600 * SECOND, "with")):
            gate = self.gate(self.directory(halt_page(dead_man=limit)))
            self.assertTrue(gate.permits())
            spent = cost(gate.permits)
            print(f"\npermits() {name} a dead-man limit: {spent:.0f} ns ({sys.implementation.name} {sys.version.split()[0]})", flush=True)
            self.assertTrue(gate.permits())

    def test_boot_id(self):
        self.assertEqual(estop._boot_id(), boot_id())


class Desks(PagesTestCase):
    """Whose pages these are."""

    def open(self, directory):
        gate = estop.Gate(name="bot", state=directory.path)
        self.addCleanup(gate.close)
        return gate

    def test_a_page_of_another_desk_refuses(self):
        directory = self.directory()
        directory.store(72, "<Q", 4711)
        gate = self.open(directory)
        self.assertFalse(gate.permits())
        self.assertIn("another desk", gate.why)

    def test_a_page_that_does_not_say_whose_it_is_refuses(self):
        directory = self.directory()
        directory.store(64, "<Q", 0)
        directory.store(72, "<Q", 0)
        gate = self.open(directory)
        self.assertFalse(gate.permits())
        self.assertIn("earlier version", gate.why)

    def test_a_directory_that_is_moved_refuses_at_a_beat_a_wait_and_a_change(self):
        for way in ("beat", "wait", "change"):
            with self.subTest(way):
                directory = self.directory()
                gate = self.open(directory)
                self.assertTrue(gate.permits())
                os.rename(directory.path, directory.path + ".old")
                os.mkdir(directory.path)
                if way == "beat":
                    gate.beat()
                elif way == "wait":
                    gate.wait(gate.state, 0)
                else:
                    directory.set_word(word(4, LIVE))
                self.assertFalse(gate.permits())
                self.assertIn("leads elsewhere", gate.why)
                os.rmdir(directory.path)
                os.rename(directory.path + ".old", directory.path)

    def test_pages_that_are_not_mounted_here_are_not_a_reboot(self):
        directory = self.directory()
        os.unlink(f"{directory.run}/halt.page")
        self.assertIn("rebooted", self.open(directory).why)
        with open(directory.path_to("host.lock"), "w") as lock:
            request = struct.pack("@hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
            fcntl.fcntl(lock, 37, request)  # F_OFD_SETLK
            why = self.open(directory).why
        self.assertIn(directory.run, why)
        self.assertNotIn("rebooted", why)


class ElsewhereThanLinux(unittest.TestCase):
    """The module on a system that estop does not run on, and the gate for backtests."""

    SCRIPT = """
import sys
for name in ("fcntl", "ctypes"):
    sys.modules[name] = None
sys.platform = {platform!r}
import os, time
for name in ("register_at_fork", "uname", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("clock_gettime_ns", "CLOCK_BOOTTIME"):
    delattr(time, name)
sys.path.insert(0, {library!r})
import estop
with estop.Gate(name="bot", scope="venue=kraken") as gate:
    assert not gate.permits() and not gate.permits_reducing() and not gate.beat() and gate.mode == "unknown"
    assert "needs Linux" in gate.why, gate.why
assert not gate.permits()
try:
    estop.halt("now")
except estop.HaltFailed as failed:
    assert "NOT HALTED" in str(failed)
else:
    raise AssertionError("a halt that nobody took")
with estop.Gate.always() as gate:
    assert gate.permits() and gate.permits_reducing() and gate.mode == "live" and gate.why == ""
"""

    def test_it_imports_and_refuses_with_a_reason(self):
        for platform in ("darwin", "win32"):
            with self.subTest(platform):
                script = self.SCRIPT.format(platform=platform, library=LIBRARY + "/Python")
                subprocess.run([sys.executable, "-c", script], check=True)

    def test_only_an_explicit_gate_always_permits(self):
        gate = estop.Gate.always("backtest")
        self.assertTrue(gate.permits() and gate.permits_reducing() and gate.beat())
        with self.assertRaises(estop.HaltFailed):
            gate.halt("nothing to halt")
        with self.assertRaises(TypeError):
            estop.Gate()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # a test runner may have blocked some
    unittest.main()
