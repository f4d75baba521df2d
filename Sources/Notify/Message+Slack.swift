import KillSwitch

extension Message {
    /// The message as Slack's incoming webhooks take it: `text` for where blocks are not shown, and blocks.
    ///
    /// Limits (https://api.slack.com/reference/block-kit/blocks): a header has 150 characters, a section's text 3,000. `&`,
    /// `<` and `>` are escaped (https://api.slack.com/reference/surfaces/formatting#escaping), which leaves no mention, no
    /// command and no link; `verbatim` keeps Slack from making any of its own.
    var slack: JSON {
        let summary = "\(title): \(body)".split(separator: "\n").joined(separator: ": ")
        return .object([
            .init("text", .string(Cut.to(1_000, units: summary, as: Message.slack))),
            .init(
                "blocks",
                .array([
                    .object([
                        .init("type", .string("header")),
                        .init(
                            "text",
                            .object([
                                .init("type", .string("plain_text")),
                                .init("text", .string(Cut.to(150, units: title, as: Message.slack))),
                                .init("emoji", .bool(false)),
                            ])
                        ),
                    ]),
                    .object([.init("type", .string("section")), .init("text", Message.markdown(body))]),
                    .object([
                        .init("type", .string("context")),
                        .init("elements", .array([Message.markdown(details.joined(separator: " · "))])),
                    ]),
                ])
            ),
        ])
    }

    private static func markdown(_ text: String) -> JSON {
        .object([
            .init("type", .string("mrkdwn")), .init("text", .string(Cut.to(3_000, units: text, as: slack))),
            .init("verbatim", .bool(true)),
        ])
    }

    private static func slack(_ character: Character) -> String {
        // By scalar: a combining mark makes another character of a `<`, and no other sign for Slack.
        var out = ""
        for scalar in character.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "@": out += "@\u{200b}"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
