"""K, through a real terminal, under everything that may go wrong. Run with ESTOP_BIN set to the directory of the executables.

Each test starts the dashboard on a pseudo-terminal, plays the terminal, and looks at the page itself: nothing that the
program says is taken for proof. The limit is generous (these tests are not benchmarks): what matters is that K is executed
at all while a disk, a host or a terminal is stuck, and that nothing else halts.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

BIN = os.environ.get("ESTOP_BIN", os.path.join(os.path.dirname(__file__), "../../../.build/debug"))
LIMIT = 2.0
HALTED = 4


class Dashboard:
    """The dashboard on a pseudo-terminal of a size."""

    def __init__(self, state, columns=100, rows=30, environment=None, arguments=()):
        self.state = state
        self.output = b""
        env = {k: v for k, v in os.environ.items() if k not in ("TRADING_MODE", "ESTOP_CONFIG", "NO_COLOR", "LINES", "COLUMNS")}
        env.update(ESTOP_STATE=state, TERM="xterm-256color", LC_ALL="C.UTF-8", XDG_CONFIG_HOME=state)
        env.update(environment or {})
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # The size before the program looks at it.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execve(os.path.join(BIN, "estop"), ["estop", *arguments], env)
        self.started = time.monotonic()

    def read(self, seconds):
        """Plays a terminal that reads, for so long; returns what came."""
        end, came = time.monotonic() + seconds, b""
        while (left := end - time.monotonic()) > 0:
            if select.select([self.master], [], [], left)[0]:
                try:
                    came += os.read(self.master, 65536)
                except OSError:
                    break
        self.output += came
        return came

    def read_until(self, pattern, seconds=20):
        """Reads until something new has the pattern; whether it came."""
        begin = len(self.output)
        return self.read_while(lambda: not re.search(pattern, self.output[begin:]), seconds)

    def read_while(self, holds, seconds=20):
        """Reads while a condition holds; whether it ended in time."""
        end = time.monotonic() + seconds
        while holds():
            if time.monotonic() > end:
                return False
            self.read(0.02)
        return True

    def has_a_page(self):
        return self.read_while(lambda: self.mode() == 0)

    def send(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def word(self):
        try:
            with open(os.path.join(self.state, "halt.page"), "rb") as page:
                page.seek(16)
                return struct.unpack("<I", page.read(4))[0]
        except (OSError, struct.error):
            return 0

    def mode(self):
        return self.word() & 7

    def halted_after(self, send, limit=LIMIT):
        """Sends keys and returns the seconds until the word on the page rose and is halted; None: not within the limit."""
        before, begin = self.word() >> 3, time.monotonic()
        self.send(send)
        while time.monotonic() - begin < limit:
            word = self.word()
            if word & 7 == HALTED and word >> 3 > before:
                return time.monotonic() - begin
            time.sleep(0.0005)
        return None

    def close(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                break
            end = time.monotonic() + 2
            while time.monotonic() < end:
                self.read(0.02)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.master)
                    return
        os.close(self.master)


class KeyTests(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="estop-key-")
        self.state = os.path.join(self.root, "state")
        os.mkdir(self.state, 0o700)
        status = os.stat(self.state)
        self.run_directory = "/dev/shm/estop-%d-%x-%x" % (status.st_uid, status.st_dev, status.st_ino)
        self.open = []
        self.times = []

    def tearDown(self):
        for thing in self.open:
            thing.close()
        subprocess.run(["umount", "-l", self.state], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.run_directory, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def dashboard(self, *arguments, **options):
        dashboard = Dashboard(self.state, *arguments, **options)
        self.open.append(dashboard)
        return dashboard

    def command(self, *arguments, input=None):
        env = dict(os.environ, ESTOP_STATE=self.state, XDG_CONFIG_HOME=self.state)
        return subprocess.run([os.path.join(BIN, "estop"), *arguments], env=env, input=input, capture_output=True, text=True)

    def assertHalts(self, dashboard, keys, label=""):
        took = dashboard.halted_after(keys)
        self.assertIsNotNone(took, f"{label}: {keys!r} did not halt within {LIMIT} s")
        print(f"{self.id().split('.')[-1]} {label} {took * 1000:.1f} ms", file=sys.stderr)

    def assertPermits(self, dashboard, label):
        self.assertNotIn(dashboard.mode(), (0, HALTED), label)

    def painted(self, dashboard):
        self.assertTrue(dashboard.read_until(rb"PAPER|HALTED"), dashboard.output[-2000:])
        dashboard.read(0.2)

    def test_k_halts(self):
        dashboard = self.dashboard()
        self.painted(dashboard)
        self.assertPermits(dashboard, "a brand-new paper desk")
        self.assertHalts(dashboard, "K")
        self.assertTrue(dashboard.read_until(rb"HALTED"))
        log = self.command("history", "--json").stdout
        self.assertIn("keyboard", log)

    def test_k_halts_in_the_first_second(self):
        dashboard = self.dashboard()
        begin = time.monotonic()
        while dashboard.mode() == 0 and time.monotonic() - begin < 20:
            time.sleep(0.001)
        self.assertIsNotNone(dashboard.halted_after("K", limit=20))

    def test_k_typed_before_the_screen_is_there_halts(self):
        dashboard = self.dashboard()
        dashboard.send("K")
        self.assertTrue(dashboard.read_while(lambda: dashboard.mode() != HALTED))

    def test_k_halts_while_nobody_reads_the_terminal(self):
        dashboard = self.dashboard(200, 60)
        self.painted(dashboard)
        # Keys that repaint, until its output must be stuck in the terminal's buffer.
        for _ in range(400):
            try:
                dashboard.send("?")
                time.sleep(0.003)
                dashboard.send("\x0c")
            except BlockingIOError:
                break
            time.sleep(0.003)
        self.assertHalts(dashboard, "K", "unread")
        self.assertHalts(dashboard, "\x0b", "unread, Ctrl-K")

    def test_k_halts_while_the_host_is_stopped(self):
        host = subprocess.Popen(
            [os.path.join(BIN, "estop-desk"), "serve"], env=dict(os.environ, ESTOP_STATE=self.state), stderr=subprocess.DEVNULL
        )
        try:
            dashboard = self.dashboard()
            self.painted(dashboard)
            os.kill(host.pid, signal.SIGSTOP)
            self.assertHalts(dashboard, "K", "host stopped")
        finally:
            os.kill(host.pid, signal.SIGKILL)
            host.wait()

    def test_k_halts_on_a_read_only_disk(self):
        dashboard = self.dashboard()
        self.painted(dashboard)
        # A file system with a file open for writing cannot be made read-only by hand; its files can.
        files = [os.path.join(self.state, "kill_switch.log"), self.state]
        if subprocess.run(["chattr", "+i", *files], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("no chattr here")
        try:
            self.assertHalts(dashboard, "K", "read-only")
            self.assertTrue(dashboard.read_until(rb"NOT ON DISK"), "it says that the record is missing")
        finally:
            subprocess.run(["chattr", "-i", *reversed(files)], check=True)
        end = time.monotonic() + 20
        while "keyboard" not in self.command("history", "--json").stdout and time.monotonic() < end:
            dashboard.read(0.2)
        self.assertIn("keyboard", self.command("history", "--json").stdout, "recorded once the disk takes it")

    def test_k_halts_on_a_full_disk(self):
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,size=128k", "tmpfs", self.state]).returncode != 0:
            self.skipTest("cannot mount here")
        dashboard = self.dashboard()
        self.painted(dashboard)
        subprocess.run(["sh", "-c", f"cat /dev/zero > '{self.state}/filler' 2>/dev/null"])
        for number in range(5):
            self.assertHalts(dashboard, "K", f"full {number}")

    def test_k_halts_on_a_frozen_disk(self):
        image = os.path.join(self.root, "disk")
        made = subprocess.run(
            f"truncate -s 16M {image} && mkfs.ext4 -q {image} && mount -o loop {image} {self.state}",
            shell=True, capture_output=True,
        )
        if made.returncode != 0:
            self.skipTest("no loop mount here")
        shutil.rmtree(os.path.join(self.state, "lost+found"), ignore_errors=True)
        dashboard = self.dashboard()
        self.painted(dashboard)
        if subprocess.run(["fsfreeze", "-f", self.state], capture_output=True).returncode != 0:
            self.skipTest("cannot freeze here")
        try:
            self.assertHalts(dashboard, "K", "frozen")
            self.assertHalts(dashboard, "K", "frozen, again")
        finally:
            subprocess.run(["fsfreeze", "-u", self.state])
        recorded = lambda: "keyboard" in self.command("history", "--json").stdout
        self.assertTrue(dashboard.read_while(lambda: not recorded()), "recorded once the disk takes it")

    def test_k_halts_under_help_dialog_and_picker_and_ctrl_k_in_a_text_field(self):
        dashboard = self.dashboard()
        self.painted(dashboard)
        dashboard.send("?")
        dashboard.read(0.3)
        self.assertHalts(dashboard, "K", "help")
        dashboard.read(0.3)
        self.assertHalts(dashboard, "K", "reason picker")
        dashboard.send("\x1b")
        dashboard.read(0.3)
        dashboard.send("R")
        self.assertTrue(dashboard.read_until(rb"(?i)resume"))
        self.assertHalts(dashboard, "K", "resume dialog")
        dashboard.read(0.3)
        dashboard.send("\x1b")
        dashboard.read(0.3)
        dashboard.send("\x1b")
        dashboard.read(0.3)
        dashboard.send("R")
        dashboard.read(0.6)
        dashboard.send("\t")
        dashboard.read(0.1)
        for _ in range(4):
            dashboard.send("y")
            dashboard.read(0.1)
        before = dashboard.word()
        dashboard.send("KKK")
        dashboard.read(0.3)
        self.assertEqual(dashboard.word(), before, "K is a letter where a reason is typed")
        self.assertHalts(dashboard, "\x0b", "text field, Ctrl-K")

    def test_k_halts_in_tiny_windows(self):
        for columns, rows in ((10, 3), (1, 1), (20, 5)):
            dashboard = self.dashboard(columns, rows)
            self.assertTrue(dashboard.has_a_page())
            dashboard.read(1.0)
            self.assertHalts(dashboard, "K", f"{columns}x{rows}")
            dashboard.close()
            self.open.remove(dashboard)

    def test_k_halts_after_flow_control_and_with_strange_terminals(self):
        for term in ("vt100", "no-such-terminal", "linux"):
            dashboard = self.dashboard(environment={"TERM": term})
            self.assertTrue(dashboard.has_a_page())
            dashboard.read(1.0)
            dashboard.send("\x13")
            dashboard.read(0.1)
            self.assertHalts(dashboard, "K", term)
            dashboard.close()
            self.open.remove(dashboard)

    REPLIES = [
        b"\x1b[?64;1;2;6;9;15;18;21;22c", b"\x1b[>1;4000;29c", b"\x1b[0n", b"\x1b[24;80R", b"\x1b[?2026;2$y",
        b"\x1bP>|XTerm(370)K\x1b\\", b"\x1bP1+r4b=4b\x1b\\", b"\x1b]11;rgb:4b4b/4b4b/4b4b\x07", b"\x1b]10;K\x1b\\",
        b"\x1b]52;c;S0tL\x1b\\", b"\x1b[<0;75;75M", b"\x1b[<0;75;75m", b"\x1b[M KK", b"\x1b[MKKK", b"\x1b[I", b"\x1b[O",
        b"\x1b[1;5K", b"\x1b_Gi=1;K\x1b\\",
    ]

    def test_no_paste_and_no_reply_of_a_terminal_halts(self):
        dashboard = self.dashboard()
        self.painted(dashboard)
        for reply in self.REPLIES + [b"\x1b[200~KKK\x0b\nK\x1b[201~"]:
            dashboard.send(reply)
            dashboard.read(0.02)
            self.assertPermits(dashboard, f"whole {reply!r}")
            for cut in range(1, len(reply)):
                dashboard.send(reply[:cut])
                dashboard.read(0.004)
                dashboard.send(reply[cut:])
                dashboard.read(0.004)
                self.assertPermits(dashboard, f"{reply!r} cut at {cut}")
        dashboard.read(0.7)
        self.assertHalts(dashboard, "K", "a real K afterwards")

    def test_quitting_and_dying_leave_the_halt_and_the_terminal_alone(self):
        for number in (None, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV, signal.SIGABRT, signal.SIGILL):
            dashboard = self.dashboard()
            saved = termios.tcgetattr(dashboard.master)
            self.painted(dashboard)
            self.assertHalts(dashboard, "K")
            self.assertTrue(dashboard.read_until(rb"HALTED|HALTING"))
            dashboard.read(0.3)
            word, begin = dashboard.word(), len(dashboard.output)
            if number is None:
                dashboard.send("\x1b")
                dashboard.read(0.3)
                dashboard.send("q")
            else:
                os.kill(dashboard.pid, number)
            for mark, what in ((b"\x1b[?1049l", "the alternate screen is left"), (b"\x1b[?25h", "the cursor is back")):
                self.assertTrue(dashboard.read_while(lambda: mark not in dashboard.output[begin:]), f"{number}: {what}")
            self.assertEqual(dashboard.word(), word)
            # Whoever keeps the terminal puts it back once the other is gone: later on a machine that is busy.
            restored = time.monotonic() + 20
            while termios.tcgetattr(dashboard.master)[:4] != saved[:4] and time.monotonic() < restored:
                dashboard.read(0.05)
            self.assertEqual(termios.tcgetattr(dashboard.master)[:4], saved[:4], f"{number}: the line settings are back")
            end, ended = time.monotonic() + 20, 0
            while not ended and time.monotonic() < end:
                ended = os.waitpid(dashboard.pid, os.WNOHANG)[0]
                time.sleep(0.01)
            self.assertEqual(ended, dashboard.pid, f"{number}: it ended")
            os.close(dashboard.master)
            self.open.remove(dashboard)

    def test_a_parent_that_is_killed_leaves_the_terminal_as_it_was(self):
        # The screen gets two signals at once then: one of its threads must not cut short what the other puts back.
        for number in [signal.SIGABRT, signal.SIGKILL] * 8:
            dashboard = self.dashboard()
            saved = termios.tcgetattr(dashboard.master)
            self.painted(dashboard)
            os.kill(dashboard.pid, number)
            self.assertTrue(
                dashboard.read_while(lambda: termios.tcgetattr(dashboard.master)[:4] != saved[:4]),
                f"{number}: the line settings are back",
            )
            self.assertTrue(dashboard.read_while(lambda: b"\x1b[?1049l" not in dashboard.output), "the screen is left")
            os.waitpid(dashboard.pid, 0)
            os.close(dashboard.master)
            self.open.remove(dashboard)

    def test_a_page_cut_short_refuses_and_does_not_kill_the_dashboard(self):
        dashboard = self.dashboard()
        self.painted(dashboard)
        os.truncate(os.path.join(self.run_directory, "halt.page"), 0)
        dashboard.send("K")
        self.assertTrue(dashboard.read_while(lambda: dashboard.mode() != HALTED), "the host mended the page, halted")
        dashboard.read(0.5)
        self.assertEqual(os.waitpid(dashboard.pid, os.WNOHANG)[0], 0, dashboard.output[-500:])
        self.assertHalts(dashboard, "K", "after the page was mended")

    def test_a_vanished_terminal_ends_it_and_leaves_the_halt(self):
        dashboard = self.dashboard()
        self.painted(dashboard)
        self.assertHalts(dashboard, "K")
        word = dashboard.word()
        os.close(dashboard.master)
        end = time.monotonic() + 20
        while time.monotonic() < end and not os.waitpid(dashboard.pid, os.WNOHANG)[0]:
            time.sleep(0.02)
        self.assertLess(time.monotonic(), end, "it ended")
        self.assertEqual(dashboard.word(), word)
        self.open.remove(dashboard)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_SETMASK, [])  # a test runner may have blocked some
    unittest.main()
