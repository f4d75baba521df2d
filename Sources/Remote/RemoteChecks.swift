import KillSwitch

/// Checks and resumes as the API has them.
enum RemoteChecks {
    /// The checks in an answer; nil: it is no such answer. Checks of a newer desk that are not known here are left out: the
    /// desk judges all the same.
    static func of(_ body: [UInt8]) -> [PreflightCheck]? {
        guard let rows = JSON(bytes: body)?["checks"]?.array else { return nil }
        return rows.compactMap { PreflightCheck(json: $0) }
    }

    /// A resume as it is sent.
    static func body(of request: ResumeRequest) -> JSON {
        let answers = PreflightCheck.Name.allCases.filter { request.answers.contains($0) }
        let overrides = PreflightCheck.Name.allCases.compactMap { name in
            request.overrides[name].map { JSON.Member(name.rawValue, .string($0)) }
        }
        let confirm = JSON.Member("confirm", .array(answers.map { .string($0.rawValue) }))
        // Who confirms what another asked says nothing of what it is.
        if let approve = request.approve { return .object([.init("approve", .string(approve)), confirm]) }
        return .object([
            .init("reason", .string(request.reason)), .init("mode", .string(request.mode.name)),
            .init("scope", .string(request.scope.description)),
            confirm, .init("overrides", .object(overrides)),
        ])
    }

    /// Why a resume was refused by its checks; nil: it was not.
    static func refusal(_ body: [UInt8]) -> String? {
        guard let rows = JSON(bytes: body)?["error"]?["checks"]?.array, !rows.isEmpty else { return nil }
        let refusing = rows.compactMap { row in
            row["name"]?.string.map { name in
                let isUnchecked = row["outcome"]?.string == PreflightCheck.Outcome.notChecked.rawValue
                return "\(name)\(isUnchecked ? " (not checked)" : ""): \(row["detail"]?.string ?? "")"
            }
        }
        return "not resumed: " + refusing.joined(separator: "; ")
    }
}

/// Percent-encoding of a value in a query (RFC 3986, section 2.1).
enum PercentText {
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                out.append(byte)
            default: out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
