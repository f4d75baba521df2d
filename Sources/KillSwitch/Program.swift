internal import CEstop

/// What runs.
public enum Program {
    /// Its version, as in `1.0.0`.
    public static let version = String(cString: estop_version())
}
