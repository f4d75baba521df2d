/// Writing TOML: values that the reader reads back as they were.
package enum TOMLText {
    /// A string in double quotes.
    package static func string(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\" + String(scalar)
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            default:
                if VisibleText.hasControls(String(scalar)) {
                    let code = String(scalar.value, radix: 16)
                    out += "\\U" + String(repeating: "0", count: 8 - code.count) + code
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }

    /// An array of strings.
    package static func strings(_ texts: [String]) -> String { "[" + texts.map(string).joined(separator: ", ") + "]" }

    /// A key of one name: bare where it can be.
    package static func key(_ name: String) -> String {
        let isBare = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isBare && !name.isEmpty ? name : string(name)
    }

    /// A key of several names, with dots.
    package static func path(_ path: [String]) -> String { path.map(key).joined(separator: ".") }
}
