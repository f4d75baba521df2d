@testable import SafetyEngine

extension EventLineSamples {
    /// What the schema says of a line that is refused.
    enum Verdict {
        /// It is refused there too.
        case refused
        /// It has no words for what is wrong.
        case cannotTell
    }

    private static let order = #"\#(bot),"type":"order""#
    private static let beat = #"\#(bot),"type":"heartbeat","name":"a""#

    /// An order with other fields.
    private static func order(_ changed: String) -> String {
        #"{\#(order),"client_id":"g-1","symbol":"BTC-USD",\#(changed)}"#
    }

    /// Bad lines, with why.
    static let bad: [(line: String, refusal: String, schema: Verdict)] = [
        ("", "the line is empty: write one JSON object a line", .refused),
        ("[]", #"the line begins with "[": write one JSON object a line, {"v":1,...}"#, .refused),
        ("{}", #"v: is missing: write "v":1"#, .refused),
        (#"{"v":1"#, "the line ends where ',' or '}' after the value should be: is it cut off?", .refused),
        (#"{"v":1,"type":"si"#, "byte 15: a string that does not end: is the line cut off?", .refused),
        (#"{"v":1 "type":1}"#, #"byte 8 is "\"": expected ',' or '}' after the value"#, .refused),
        (#"{"v" 1}"#, #"byte 6 is "1": expected ':' after the key"#, .refused),
        (#"{"v":1,}"#, #"byte 8 is "}": expected a key in quotes"#, .refused),
        (#"{"v":01}"#, "byte 6: a JSON number has no zeros in front", .refused),
        (#"{"v":1.}"#, #"byte 8 is "}": expected a digit"#, .refused),
        (#"{"v":tru}"#, #"byte 6 is "t": expected a value"#, .refused),
        (#"{"v":NaN}"#, #"byte 6 is "N": expected a value"#, .refused),
        (#"{\#(beat)} {}"#, "byte 61: something follows the object: write one object a line", .refused),
        (
            "{\(beat),\"desk\":\"a\u{1}\"}", "byte 69: a control character inside a string: write it as \\u00XX",
            .refused
        ),
        (
            #"{\#(beat),"desk":"\q"}"#, "byte 68: a backslash in a string that begins no escape of JSON",
            .refused
        ),
        (
            #"{\#(beat),"desk":"\ud800"}"#, "byte 68: a backslash in a string that begins no escape of JSON",
            .cannotTell
        ),
        (
            #"{\#(beat),"x_a":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}"#, "byte 81: nested deeper than 16 levels",
            .cannotTell
        ),
        (#"{"v":2,"type":"order"}"#, "v: is 2: this desk reads version 1", .refused),
        (
            #"{"v":"1"}"#, #"v: must be a whole number from 0 to 18446744073709551615, such as 1, not "1""#,
            .refused
        ),
        (#"{"v":1,"v":1}"#, "v: is there twice: write it once", .refused),
        (#"{"v":1,"source":"bot:a"}"#, #"type: is missing: write "type":"order""#, .refused),
        (
            #"{"v":1,"type":"halt"}"#,
            #"type: must be one of "order", "open_orders", "fill", "position", "positions", "balance", "transfer", "#
                + #""price", "heartbeat", "metric", "api_result", "accounts", "trade", "signals", "venue", not "halt""#,
            .refused
        ),
        (
            #"{"v":1,"type":"signals","count":1}"#, #"source: is missing: write "source":"bot:grid-1""#,
            .refused
        ),
        (
            #"{"v":1,"type":"signals","count":1,"source":"operator:eve"}"#,
            #"source: must be "bot:NAME" or "venue:NAME", NAME of 1 to 128 bytes, not "operator:eve""#, .refused
        ),
        (
            #"{"v":1,"type":"signals","count":1,"source":"bot:"}"#,
            #"source: must be "bot:NAME" or "venue:NAME", NAME of 1 to 128 bytes, not "bot:""#, .refused
        ),
        (#"{\#(order),"qty":1}"#, #"unknown key "qty": did you mean "quantity"?"#, .refused),
        (#"{\#(order),"reduceonly":true}"#, #"unknown key "reduceonly": did you mean "reduce_only"?"#, .refused),
        (#"{\#(order),"Symbol":"X"}"#, #"unknown key "Symbol": did you mean "symbol"?"#, .refused),
        (#"{\#(order),"leverage":3}"#, #"unknown key "leverage": keys of your own begin with x_"#, .refused),
        (
            #"{\#(order),"a\u001b[2Jb":3}"#,
            #"unknown key "a\u{1b}[2Jb": keys of your own begin with x_"#, .refused
        ),
        (
            #"{\#(order),"fee":"1"}"#,
            #"fee: does not belong to "order": leave it out, or write it as x_fee"#, .refused
        ),
        (
            #"{\#(order),"symbol":"X"}"#, "client_id: is missing: name the order by client_id, venue_id or both",
            .refused
        ),
        (
            #"{\#(order),"client_id":"g-1","side":"buy"}"#, #"symbol: is missing: write "symbol":"BTC-USD""#,
            .refused
        ),
        (
            #"{\#(order),"client_id":"g-1","symbol":""}"#, #"symbol: is empty: write a name, such as "BTC-USD""#,
            .refused
        ),
        (
            #"{\#(order),"client_id":7,"symbol":"X"}"#, #"client_id: must be a string, such as "g-1", not "7""#,
            .refused
        ),
        (order(#""side":"long""#), #"side: must be one of "buy", "sell", not "long""#, .refused),
        (
            order(#""side":"buy","quantity":"-1","state":"NEW""#), #"quantity: must not be negative: "-1""#,
            .refused
        ),
        (order(#""side":"buy","quantity":-1,"state":"NEW""#), #"quantity: must not be negative: "-1""#, .refused),
        (
            order(#""side":"buy","quantity":"1,5","state":"NEW""#),
            #"quantity: must be a decimal, such as "0.25", not "1,5""#, .refused
        ),
        (
            order(#""side":"buy","quantity":true,"state":"NEW""#),
            #"quantity: must be a decimal, such as "0.25", not "true""#, .refused
        ),
        (
            order(#""side":"buy","quantity":"0.1234567890123456789012345678901","state":"NEW""#),
            #"quantity: has more digits than are kept exactly (38, 30 of them behind the point): "#
                + #""0.1234567890123456789012345678901""#, .cannotTell
        ),
        (order(#""side":"buy","quantity":"1""#), #"state: is missing: write "state":"SUBMITTED""#, .refused),
        (
            order(#""side":"buy","quantity":"1","state":"OPEN""#),
            #"state: must be one of "NEW", "SUBMITTED", "ACKNOWLEDGED", "PARTIALLY_FILLED", "FILLED", "CANCELED", "#
                + #""REJECTED", "EXPIRED", "UNKNOWN", not "OPEN""#, .refused
        ),
        (
            #"{\#(venue),"type":"open_orders"}"#, #"orders: is missing: write "orders":[]"#,
            .refused
        ),
        (#"{\#(venue),"type":"open_orders","orders":{}}"#, "orders: must be a list, not an object", .refused),
        (
            #"{\#(venue),"type":"open_orders","orders":[{\#(orderFields)},3]}"#,
            #"orders[1]: must be an object with the keys of "order""#, .refused
        ),
        (
            #"{\#(venue),"type":"open_orders","orders":[{\#(orderFields)},{"client_id":"g","symbol":"X","side":1}]}"#,
            #"orders[1].side: must be one of "buy", "sell", not "1""#, .refused
        ),
        (
            #"{\#(venue),"type":"open_orders","orders":[{"venue":"kraken",\#(orderFields)}]}"#,
            #"orders[0].venue: does not belong to "order": leave it out, or write it as x_venue"#, .refused
        ),
        (#"{\#(beat),"interval_ms":1.5}"#, wholeRefusal("interval_ms", "31536000000", "5000", "1.5"), .refused),
        (#"{\#(beat),"interval_ms":-1}"#, wholeRefusal("interval_ms", "31536000000", "5000", "-1"), .refused),
        (#"{\#(beat),"pid":4294967296}"#, wholeRefusal("pid", "4294967295", "4711", "4294967296"), .refused),
        (
            #"{\#(bot),"type":"heartbeat","name":"engine"}"#,
            #"name: "engine" is the engine's own name: choose another"#, .refused
        ),
        (
            #"{\#(beat),"venue":"a/b"}"#, #"venue: a name without '/' and ',' is needed: "a/b""#,
            .refused
        ),
        (
            #"{\#(beat),"desk":"a\u202eb"}"#,
            #"desk: a name without control or invisible characters is needed: "a\u{202e}b""#, .refused
        ),
        (
            "{\(beat),\"desk\":\"\(String(repeating: "d", count: 129))\"}",
            "desk: has 129 bytes: at most 128 are taken", .refused
        ),
        (
            "{\(beat),\"desk\":\"\(String(repeating: "\u{e9}", count: 65))\"}",
            "desk: has 130 bytes: at most 128 are taken", .cannotTell
        ),
        (
            "{\(beat),\"venue\":\"\(String(repeating: "v", count: 33))\"}", "venue: has 33 bytes: at most 32 are taken",
            .refused
        ),
        (#"{\#(beat),"at":"2026-11-21 09:00:00Z"}"#, timeRefusal("2026-11-21 09:00:00Z"), .refused),
        (#"{\#(beat),"at":"2026-11-21T09:00:00"}"#, timeRefusal("2026-11-21T09:00:00"), .refused),
        (#"{\#(beat),"at":1795251600123}"#, timeRefusal("1795251600123"), .refused),
        (#"{\#(beat),"at":"2026-02-29T09:00:00Z"}"#, timeRefusal("2026-02-29T09:00:00Z"), .cannotTell),
        (#"{\#(beat),"at":"1969-12-31T23:59:59Z"}"#, timeRefusal("1969-12-31T23:59:59Z"), .refused),
        (
            #"{\#(venue),"type":"price","symbol":"X"}"#,
            "price: is missing: write a decimal, or null where the venue has none", .refused
        ),
        (
            #"{\#(venue),"type":"api_result","endpoint":"GET /","ok":"yes"}"#,
            #"ok: must be true or false, not "yes""#, .refused
        ),
        (
            #"{\#(venue),"type":"api_result","endpoint":"GET /","ok":true,"error":"a\u0000b"}"#,
            #"error: a text without control characters is needed: "a\u{0}b""#, .refused
        ),
    ]

    private static func wholeRefusal(_ key: String, _ most: String, _ example: String, _ value: String) -> String {
        "\(key): must be a whole number from 0 to \(most), such as \(example), not \"\(value)\""
    }

    private static func timeRefusal(_ value: String) -> String {
        "at: must be a time since 1970 with Z or an offset, such as \"2026-11-21T09:00:00.123Z\", not \"\(value)\""
    }
}
