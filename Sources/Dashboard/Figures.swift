import SafetyEngine

/// Amounts of money as tables print them: two places behind the point, thousands apart, rounded for the eye only.
enum Figures {
    /// `12,345.60`
    static func money(_ amount: Decimal) -> String {
        let text = "\(amount.rounded(to: 2))"
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", maxSplits: 1)
        guard let whole = parts.first else { return text }
        var grouped = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return (isNegative ? "-" : "") + grouped + (parts.count > 1 ? ".\(parts[1])" : "")
    }

    /// The same with its sign always shown.
    static func signed(_ amount: Decimal) -> String { (amount.isNegative ? "" : "+") + money(amount) }
}
