import Files
import Foundation
import Synchronization
import Testing

@Suite struct BackgroundQueueTests {
  @Test(arguments: [(1, 1), (1, 4), (3, 3), (4, 9)])
  func eachPieceIsDoneOnceAndNoMoreWait(threads: Int, capacity: Int) {
    let queue = BackgroundQueue(threads: threads, capacity: capacity)
    let open = Atomic(0)
    let most = Atomic(0)
    let sum = Atomic(0)
    for round in 0..<3 {
      for piece in 1...100 {
        queue.add {
          most.max(open.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
          sum.add(piece, ordering: .relaxed)
          open.subtract(1, ordering: .relaxed)
        }
      }
      queue.wait()
      #expect(sum.load(ordering: .relaxed) == 5050 * (round + 1))
    }
    #expect(most.load(ordering: .relaxed) <= min(threads, capacity))
  }

  @Test func oneThreadKeepsTheOrder() {
    let queue = BackgroundQueue(threads: 1, capacity: 4)
    let seen = Mutex<[Int]>([])
    for piece in 0..<1000 { queue.add { seen.withLock { $0.append(piece) } } }
    queue.wait()
    #expect(seen.withLock { $0 } == Array(0..<1000))
  }

  @Test func waitingHasAnEnd() {
    let queue = BackgroundQueue(threads: 1, capacity: 1)
    let gate = Monitor(false)
    queue.add { _ = gate.wait { $0 ? true : nil } }
    #expect(!queue.wait(seconds: 0.01))
    gate.change { $0 = true }
    #expect(queue.wait(seconds: nil))
  }
}
