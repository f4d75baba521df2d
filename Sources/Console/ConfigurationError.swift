/// A configuration or a place that cannot be used.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, if one was read.
    public let file: String?
    /// The line in it, from 1.
    public let line: Int?
    /// What is wrong and what to write instead, without the file, safe to print.
    public let problem: String

    /// Creates an error; the problem is made safe to print.
    package init(file: String?, line: Int? = nil, _ problem: String) {
        self.file = file
        self.line = line
        self.problem = VisibleText.line(problem)
    }

    /// `FILE:LINE: what is wrong and what to write`, in one line and safe to print.
    public var message: String {
        guard let file else { return problem }
        return VisibleText.line(file) + (line.map { ":\($0)" } ?? "") + ": " + problem
    }

    /// The message.
    public var description: String { message }
}
