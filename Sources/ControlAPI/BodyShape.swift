import Desk
import KillSwitch

extension Route {
    /// What is wrong with the body of a request; nil: nothing, or nobody asks before it is read.
    ///
    /// A halt is one with any body at all. Where something is resumed or restricted, the answer judges the values by
    /// itself, null included.
    func objection(to bytes: [UInt8]) -> APIRefusal? {
        switch right {
        case .bearer(.act): shape.objection(to: bytes)
        case .bearer(.resume): shape.objection(to: bytes, judgesTypes: false)
        case .anybody where !HaltPaths.contains(path): shape.objection(to: bytes, judgesTypes: false)
        case .anybody, .reader, .bearer: nil
        }
    }

    /// Whether a name in the body that is not described is refused.
    var refusesUnknownNames: Bool {
        switch right {
        case .bearer(.act), .bearer(.resume): true
        case .anybody: !HaltPaths.contains(path)
        case .reader, .bearer: false
        }
    }
}

extension Route.Shape {
    /// What is wrong with the body of a request that acts; nil: it is none, or an object of what is described here, each
    /// of its type.
    ///
    /// A name or a type that is not known is never passed over: what was meant to say which bot, account or scope would
    /// else mean all of them.
    ///
    /// - Parameter judgesTypes: whether the values are looked at too.
    func objection(to bytes: [UInt8], judgesTypes: Bool = true) -> APIRefusal? {
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x0a || $0 == 0x0d || $0 == 0x09 }) { return nil }
        guard case .object(let members)? = JSON(bytes: bytes) else {
            return APIRefusal(400, "bad_body", "the body has to be a JSON object, or empty")
        }
        let names = body.map(\.name).joined(separator: ", ")
        for (place, member) in members.enumerated() {
            guard let known = body.first(where: { $0.name == member.key }) else {
                return APIRefusal(400, "bad_body", "there is no '\(member.key.prefix(40))' here: there is \(names)")
            }
            guard !judgesTypes || Route.Shape.isOf(known.type, member.value) else {
                return APIRefusal(400, "bad_body", "'\(known.name)' has to be of type \(known.type)")
            }
            guard !members[..<place].contains(where: { $0.key == member.key }) else {
                return APIRefusal(400, "bad_body", "'\(known.name)' is there twice")
            }
        }
        return nil
    }

    /// Whether a value is of a JSON schema type; arrays are of texts.
    private static func isOf(_ type: String, _ value: JSON) -> Bool {
        switch (type, value) {
        case ("string", .string), ("object", .object), ("boolean", .bool), ("integer", .integer), ("number", .integer),
            ("number", .decimal), ("decimal", .integer), ("decimal", .decimal), ("decimal", .string):
            true
        case ("array", .array(let elements)): elements.allSatisfy { $0.string != nil }
        default: false
        }
    }
}
