/// What happened to the terminal or the process since it was asked last.
struct TerminalSignals: OptionSet {
    let rawValue: Int32

    /// The window has another size.
    static let resized = TerminalSignals(rawValue: 1)
    /// The process was stopped and goes on.
    static let continued = TerminalSignals(rawValue: 2)
    /// The process is asked to stop, as by Ctrl-Z.
    static let stop = TerminalSignals(rawValue: 4)
}

/// What a terminal can do.
struct Capabilities: Equatable {
    /// The terminal type in use, which need not be the one that was asked for.
    var name: String
    /// How many colours; 0: none.
    var colors: Int
    /// Whether the locale is UTF-8.
    var isUTF8: Bool
}

/// What frames are painted on. The painter decides what is painted when; this knows how. Nothing here waits, but
/// `wait` and `suspend`. One thread calls all of it.
protocol Backend {
    /// Takes the screen over; nil where no screen can be drawn.
    func open() -> Capabilities?
    /// Gives the terminal back as it was found.
    func close()

    /// What happened since the last call.
    func takeSignals() -> TerminalSignals
    /// Takes the window's size as it is now; everything has to be put again.
    func measure() -> (rows: Int, columns: Int)
    /// Gives the screen back, stops the process, and returns with the screen when it goes on.
    func suspend()
    /// Takes the screen back after a stop that came without `suspend`.
    func resume()

    /// Sets cells from a place on: for each the character, a combining mark or 0, and its columns.
    func put(_ cells: [UInt32], row: Int, column: Int, look: Look)
    /// Sets the cursor's place; nil: hidden.
    func place(cursor: (row: Int, column: Int)?)
    /// Sets the window's title, where it has one. Printable ASCII only.
    func entitle(_ title: String)
    /// Makes the next frame a repaint of everything.
    func redraw()
    /// Makes a frame of all that was set, and gives the bytes that it takes.
    func present() -> Int
    /// Asks behind the frame whether the terminal has got so far.
    func ask()
    /// Hands the terminal what it takes now, and gives the number of bytes that it did not take.
    func flush() -> Int
    /// Waits until something happened, or the terminal takes more, at most so long.
    func wait(ms: UInt64)
}
