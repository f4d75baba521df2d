// estop: the small executable. It halts, resumes and looks, and hands everything else to estop-desk beside it.
// No database, HTTP, curses or Foundation: a cold command costs about as much as starting any process.

import Console
import Glibc

signal(SIGPIPE, SIG_IGN)
exit(Commands.run(Arguments.ofProcess))
