extension EventLine {
    /// The format as a JSON Schema (draft 2020-12), for other programs: `events.schema.json`, as it is in the repository.
    ///
    /// It says what `parse` takes but for three things that it has no words for: lengths are counted in characters there
    /// and in bytes of UTF-8 here, the digits of a number have to fit, and a day has to be in the calendar.
    public static var schema: [UInt8] { PackageResources.events_schema_json }
}
