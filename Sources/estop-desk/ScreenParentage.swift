import CCrash
import Console
import Glibc

/// A screen that the small `estop` started ends with it: nobody else would give the keys back to the shell.
enum ScreenParentage {
    /// Follows the parent that the environment names, if it names one.
    static func follow() {
        guard let parent = getenv(CrashPlace.parentVariable).flatMap({ Int32(String(cString: $0)) }) else { return }
        unsetenv(CrashPlace.parentVariable)
        if crash_follow_parent(parent) != 0 { exit(1) }
    }
}
