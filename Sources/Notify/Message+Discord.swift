import KillSwitch
import SafetyEngine

extension Message {
    /// The message as Discord's webhooks take it: one line of content and one embed.
    ///
    /// Limits (https://discord.com/developers/docs/resources/message#embed-object-embed-limits): 2,000 characters of
    /// content, of an embed 256 in the title, 4,096 in the description, 2,048 in the footer and 6,000 in all: 256 + 4,096
    /// + 1,024 is less. Nobody is pinged (`allowed_mentions`), and signs of Markdown are escaped.
    func discord(_ notification: Notification) -> JSON {
        let line = "\(title) · \(details.first ?? "")"
        return .object([
            .init("content", .string(Cut.to(500, units: line, as: Message.discord))),
            .init(
                "embeds",
                .array([
                    .object([
                        .init("title", .string(Cut.to(256, units: title, as: Message.discord))),
                        .init("description", .string(Cut.to(4_096, units: body, as: Message.discord))),
                        .init("color", .integer(Message.color(notification))),
                        .init("timestamp", .string(Clock.text(milliseconds: notification.at))),
                        .init(
                            "footer",
                            .object([
                                .init(
                                    "text",
                                    // No Markdown in there: escapes would be shown.
                                    .string(Cut.to(1_024, units: details.joined(separator: " · ")) { String($0) })
                                )
                            ])
                        ),
                    ])
                ])
            ),
            .init("allowed_mentions", .object([.init("parse", .array([]))])),
        ])
    }

    private static func discord(_ character: Character) -> String {
        var out = ""
        for scalar in character.unicodeScalars {
            switch scalar {
            case "\\", "*", "_", "~", "`", "|", "<", ">", "[", "]", "(", ")", "#", "-": out += "\\"
            default: break
            }
            out.unicodeScalars.append(scalar)
            if scalar == "@" { out += "\u{200b}" }
        }
        return out
    }

    /// The stripe beside the embed: red for what needs somebody, green for what is over.
    private static func color(_ notification: Notification) -> Int64 {
        switch notification.kind {
        case .resolved, .resumed: return 0x2e_cc71
        case .acknowledged, .test: return 0x95_a5a6
        case .raised, .escalated, .reminded, .unacknowledged, .halted, .summary: break
        }
        switch notification.level {
        case .info: return 0x34_98db
        case .warning: return 0xf1_c40f
        case .critical: return 0xe6_7e22
        case .emergency: return 0xe7_4c3c
        }
    }
}
