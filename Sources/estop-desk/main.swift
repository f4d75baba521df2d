// estop-desk: everything that is more than halting, resuming and looking. `estop` becomes it.

import CCrash
import Console
import Glibc

crash_install("estop-desk")
ScreenParentage.follow()
signal(SIGPIPE, SIG_IGN)
// Signals that whoever started this has blocked are an accident, and a SIGTERM must be heard.
var nothing = sigset_t()
sigemptyset(&nothing)
sigprocmask(SIG_SETMASK, &nothing, nil)
exit(DeskCommands.run(Arguments.ofProcess))
