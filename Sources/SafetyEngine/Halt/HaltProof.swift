/// Whether a halt is verified (DESIGN, *Verified*): the one function that decides it. Page and record, gates, orders.
///
/// Invariants (SafetyEngineTests/HaltProofTests): verified only with all three, each known; what is missing is named.
public struct HaltProof: Sendable, Equatable {
    /// Whether the word is on the page and its record on disk.
    public var isRecorded: Bool
    /// Why nothing is known of the gates; nil: they can be read.
    public var gatesProblem: String?
    /// Gates that the halt covers, and the names of those that have not acknowledged it.
    public var gates: (open: Int, waiting: [String])
    /// What is proved of its orders; nil: nobody looked.
    public var orders: OrdersProof?

    /// Creates a proof.
    public init(isRecorded: Bool, gatesProblem: String?, gates: (open: Int, waiting: [String]), orders: OrdersProof?) {
        self.isRecorded = isRecorded
        self.gatesProblem = gatesProblem
        self.gates = gates
        self.orders = orders
    }

    /// Whether everything is proved.
    public var isVerified: Bool {
        isRecorded && gatesProblem == nil && gates.waiting.isEmpty && orders?.standing == .gone
    }

    /// What was seen, or what is missing.
    public var text: String {
        if !isRecorded { return "its record is not on disk" }
        if let gatesProblem { return gatesProblem }
        if !gates.waiting.isEmpty { return "NOT acknowledged by \(OrdersProof.list(gates.waiting))" }
        guard let orders else { return "the orders were not looked at yet" }
        if orders.standing != .gone { return "orders \(orders.text())" }
        return "\(gates.open) of \(gates.open) gates acknowledged; orders \(orders.text())"
    }

    /// Whether two say the same.
    public static func == (left: HaltProof, right: HaltProof) -> Bool {
        left.isRecorded == right.isRecorded && left.gatesProblem == right.gatesProblem
            && left.gates == right.gates && left.orders == right.orders
    }
}
