import Testing

@testable import Desk

/// Who leaves when too many come.
struct ControlRoomTests {
    private let room = ControlRoom(most: 8, mostOfOne: 6)

    private func guests(_ uids: [UInt32], spoken: Set<Int32> = []) -> [ControlRoom.Guest] {
        uids.enumerated().map { index, uid in
            let id = Int32(index)
            return ControlRoom.Guest(id: id, uid: uid, hasSpoken: spoken.contains(id), heardAt: UInt64(100 - index))
        }
    }

    @Test func nobodyLeavesWhileThereIsRoom() {
        #expect(room.leaves(for: 1, guests([1, 1, 1, 1, 1])) == nil)
        #expect(room.leaves(for: 9, guests([1, 1, 1, 1, 1, 2, 2])) == nil)
    }

    @Test func whoHasMoreThanTheirShareGivesWayToThemselves() {
        #expect(room.leaves(for: 1, guests([2, 1, 1, 1, 1, 1, 1])) == 6)
        // Those who have said something stay longest.
        #expect(room.leaves(for: 1, guests([2, 1, 1, 1, 1, 1, 1], spoken: [6, 5])) == 4)
        #expect(room.leaves(for: 2, guests([2, 1, 1, 1, 1, 1, 1])) == nil)
    }

    @Test func whenAllIsFullTheUserWithTheMostGivesWay() {
        let full = guests([1, 1, 1, 1, 1, 2, 2, 3])
        for uid: UInt32 in [2, 3, 9] { #expect(room.leaves(for: uid, full) == 4) }
        // Whoever comes is counted, too: two with the same number do not push each other's out in turn.
        #expect(room.leaves(for: 2, guests([1, 1, 1, 1, 2, 2, 2, 2])) == 7)
    }

    @Test func whoeverComesGetsIn() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            var present: [ControlRoom.Guest] = []
            for id in Int32(0)..<60 {
                let uid = UInt32.random(in: 0..<4, using: &generator)
                if let leaves = room.leaves(for: uid, present) {
                    let before = present.count
                    present.removeAll { $0.id == leaves }
                    #expect(present.count == before - 1)
                }
                let heardAt = UInt64.random(in: 0..<50, using: &generator)
                present.append(.init(id: id, uid: uid, hasSpoken: Bool.random(using: &generator), heardAt: heardAt))
                #expect(present.count <= room.most)
                #expect((0..<4).allSatisfy { uid in present.count { $0.uid == UInt32(uid) } <= room.mostOfOne })
            }
        }
    }
}
