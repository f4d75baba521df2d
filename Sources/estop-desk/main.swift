// estop-desk: everything that is more than halting, resuming and looking. `estop` becomes it.

import Console
import Glibc

signal(SIGPIPE, SIG_IGN)
exit(DeskCommands.run(Arguments.ofProcess))
