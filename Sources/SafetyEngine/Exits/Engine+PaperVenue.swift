extension Engine {
    /// The name of the built-in paper venue: what is only shown elsewhere is done there by default.
    public static let paperVenue = "paper"
}
