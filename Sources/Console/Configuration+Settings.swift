public import KillSwitch

extension Configuration {
    /// What the kill switch takes from the configuration.
    public var settings: DeskSettings {
        DeskSettings(
            name: desk.name,
            paper: desk.isPaper,
            runDirectory: host.runDirectory,
            stopFilePaths: stopFile.paths,
            deadMan: deadMan.limitMilliseconds * 1_000_000
        )
    }
}
