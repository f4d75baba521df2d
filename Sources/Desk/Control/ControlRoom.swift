/// Who has to leave when there are too many connections. A value; it knows nothing of sockets.
///
/// Invariants (DeskTests/ControlRoomTests):
/// - whoever comes gets in: somebody else leaves;
/// - a user with more than their share gives way to themselves, and when all is full the user with the most does, so that
///   nobody's connections are ended by how many another one opens;
/// - of a user's connections one that has said nothing leaves first, then the one that has been silent longest.
struct ControlRoom {
    /// One connection.
    struct Guest: Sendable, Equatable {
        /// Its name here.
        var id: Int32
        /// Whose it is.
        var uid: UInt32
        /// Whether it has said anything yet.
        var hasSpoken: Bool
        /// When it said something last, or took something that was said to it, or came.
        var heardAt: UInt64
    }

    /// Connections in all.
    let most: Int
    /// Connections of one user.
    let mostOfOne: Int

    /// Who leaves so that one more of a user may come; nil: there is room.
    func leaves(for uid: UInt32, _ guests: [Guest]) -> Int32? {
        if guests.count(where: { $0.uid == uid }) >= mostOfOne { return ControlRoom.silent(guests, of: uid) }
        guard guests.count >= most else { return nil }
        let counts = Dictionary(guests.map { ($0.uid, 1) }, uniquingKeysWith: +)
        // One more of theirs counts as theirs already; equal numbers: the greater number of a user, so that it is one of them.
        let largest = counts.max { left, right in
            (left.value + (left.key == uid ? 1 : 0), left.key) < (right.value + (right.key == uid ? 1 : 0), right.key)
        }
        return largest.flatMap { ControlRoom.silent(guests, of: $0.key) }
    }

    private static func silent(_ guests: [Guest], of uid: UInt32) -> Int32? {
        guests.filter { $0.uid == uid }.min { left, right in
            left.hasSpoken == right.hasSpoken ? left.heardAt < right.heardAt : !left.hasSpoken
        }?.id
    }
}
