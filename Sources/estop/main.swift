// estop: the small executable. It halts, resumes and looks, and hands everything else to estop-desk beside it.
// No database, HTTP, curses or Foundation: a cold command costs about as much as starting any process.

import CCrash
import Console
import Glibc

crash_install("estop")
signal(SIGPIPE, SIG_IGN)
// Signals that whoever started this has blocked are an accident, and a SIGTERM must be heard.
var nothing = sigset_t()
sigemptyset(&nothing)
sigprocmask(SIG_SETMASK, &nothing, nil)
exit(Commands.run(Arguments.ofProcess))
