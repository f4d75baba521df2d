// A bot that asks the gate before each order: example-bot-swift NAME SCOPE   (desk: ESTOP_STATE)

import Glibc
import KillSwitch

let name = CommandLine.arguments.dropFirst().first ?? "example-swift"
let scope = CommandLine.arguments.dropFirst(2).first ?? "venue=paper"
var last: String?

do {
    let gate = try Gate(name: name, scope: scope, interval: .seconds(3))
    for tick in 0... {
        let seen = gate.word
        let why = gate.permits() ? "" : gate.why
        // Where it says PERMITTED, a bot would send its order.
        if why != last { print(name, why.isEmpty ? "PERMITTED" : "REFUSED: \(why)") }
        last = why
        if tick.isMultiple(of: 10) { gate.beat() }
        fflush(nil)
        _ = gate.wait(from: seen, timeout: .milliseconds(100))  // sleeps, and is woken by a halt at once
    }
} catch {
    print(error)
    exit(1)
}
