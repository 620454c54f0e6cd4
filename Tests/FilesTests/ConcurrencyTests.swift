import Files
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
  @Test(arguments: [0, 1, 2, 100]) func eachIndexIsTakenOnce(count: Int) {
    let calls = Mutex([Int](repeating: 0, count: count))
    Concurrency.perform(count) { index in calls.withLock { $0[index] += 1 } }
    #expect(calls.withLock { $0 } == [Int](repeating: 1, count: count))
  }
}
