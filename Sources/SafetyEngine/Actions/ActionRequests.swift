/// What operators asked for lately, and what became of each request: the one place that knows.
///
/// Invariants (SafetyEngineTests/ActionOutcomeTests): a request becomes done only by its venue's word; whatever was settled
/// stays as it is; the last `most` actions are kept.
public struct ActionRequests: Sendable, Equatable, Codable {
    /// How many actions are kept.
    public static let most = 64

    /// The actions, the oldest first.
    public private(set) var actions: [ActionOutcome] = []
    /// How many of them are not settled.
    private var open = 0

    /// Creates an empty record.
    public init() {}

    /// An action by its name; nil: none that is kept bears it.
    public func action(_ id: String) -> ActionOutcome? { actions.last { $0.id == id } }

    /// What became of the last request about an open order, for its row; nil: there was none.
    func note(of order: Order) -> String? {
        guard !actions.isEmpty else { return nil }
        let subject = Subject.order(OrderKey(venue: order.venue, account: order.account, clientID: order.clientID))
        for action in actions.reversed() {
            guard let request = action.requests.first(where: { $0.subject == subject }) else { continue }
            switch request.state {
            case .waiting: return "cancel sent by \(action.by); waiting for \(order.venue)"
            case .accepted: return "cancel accepted by \(order.venue); not gone yet"
            case .done: return nil
            case .refused: return "cancel NOT DONE: \(request.text)"
            case .unanswered: return "cancel NOT ANSWERED\(request.text.isEmpty ? "" : ": \(request.text)")"
            }
        }
        return nil
    }

    /// Keeps a new action.
    mutating func add(_ outcome: ActionOutcome) {
        actions.append(outcome)
        if actions.count > ActionRequests.most { actions.removeFirst(actions.count - ActionRequests.most) }
        count()
    }

    /// What became of an effect.
    mutating func take(_ outcome: HostEvent.Outcome, at atMs: UInt64) {
        guard open > 0 else { return }
        change { request in
            guard request.number == outcome.number, request.state == .waiting else { return }
            request.state = outcome.isDone ? .accepted : .refused
            request.acceptedMs = outcome.isDone ? atMs : nil
            if !outcome.isDone { request.text = outcome.text + (request.text.isEmpty ? "" : "; \(request.text)") }
        }
    }

    /// A host started: what was on its way may never have been sent.
    mutating func hostStarted() {
        guard open > 0 else { return }
        change { request in
            guard request.state == .waiting else { return }
            request.state = .unanswered
            request.text = "the host started anew before an answer came"
        }
    }

    /// Looks in the book what became of what is open.
    mutating func evaluate(_ book: Book, at atMs: UInt64, timeoutMs: UInt64) {
        guard open > 0 else { return }
        change { request in
            guard request.number > 0 else { return }
            switch request.subject {
            case .order(let key): ActionRequests.look(at: key, &request, book)
            case .position(let key): ActionRequests.look(at: key, &request, book)
            default: break
            }
        }
        for place in actions.indices where !actions[place].isSettled && atMs.since(actions[place].atMs) > timeoutMs {
            for part in actions[place].requests.indices where !actions[place].requests[part].isSettled {
                actions[place].requests[part].state = .unanswered
            }
        }
        count()
    }

    /// A cancel is done when its order is not open any more, by its venue's word.
    private static func look(at key: OrderKey, _ request: inout ActionOutcome.Request, _ book: Book) {
        if let order = book.orders[key] {
            guard !order.isOpen else { return }
            if order.state == .filled {
                request.state = .refused
                request.text = "it was filled before it could be cancelled"
            } else if request.state == .accepted {
                request.state = .done
                request.text = "gone: \(order.state.rawValue)"
            }
            return
        }
        guard request.state == .accepted, let acceptedMs = request.acceptedMs,
            let listedMs = book.venues[AccountKey(venue: key.venue, account: key.account)]?.ordersListedMs,
            listedMs > acceptedMs
        else { return }
        request.state = .done
        request.text = "gone: \(key.venue) does not list it"
    }

    /// A close is done when its order is filled, or nothing is held any more.
    private static func look(at key: PositionKey, _ request: inout ActionOutcome.Request, _ book: Book) {
        let name = Decision.Effect.clientID(request.number)
        let order = book.orders[OrderKey(venue: key.venue, account: key.account, clientID: name)]
        switch order?.state {
        case .filled?:
            request.state = .done
            request.text = "filled"
        case .rejected?, .canceled?, .expired?:
            request.state = .refused
            let filled = order.map { "\($0.filled) of \($0.quantity) filled" } ?? ""
            request.text = "\(key.venue) says \(order?.state.rawValue ?? "") (\(filled))"
        default:
            guard request.state == .accepted, !(book.positions[key]?.isHeld ?? false) else { return }
            request.state = .done
            request.text = "closed"
        }
    }

    private mutating func change(_ body: (inout ActionOutcome.Request) -> Void) {
        for place in actions.indices where !actions[place].isSettled {
            for part in actions[place].requests.indices where !actions[place].requests[part].isSettled {
                body(&actions[place].requests[part])
            }
        }
        count()
    }

    private mutating func count() { open = actions.count { !$0.isSettled } }
}

extension KeyedDecodingContainer {
    /// A snapshot of a version before these were kept has none.
    func decode(_ type: ActionRequests.Type, forKey key: Key) throws -> ActionRequests {
        try decodeIfPresent(type, forKey: key) ?? ActionRequests()
    }
}
