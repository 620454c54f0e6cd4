import Files
import Foundation
import Synchronization
import Testing
import Training

@Suite struct WorkerPoolTests {
  @Test(arguments: 1...16)
  func eachPartIsDoneOnce(threads: Int) throws {
    let pool = try WorkerPool(threads: threads)
    for count in [0, 1, 2, 3, 7, 64, 1000] {
      let done = Tally(count: count)
      pool.perform(count) { done.add($0) }
      #expect(done.counts == Array(repeating: 1, count: count), "\(count) parts")
    }
  }

  @Test func manyShortJobsInARowAreDone() throws {
    let pool = try WorkerPool(threads: 4)
    let sum = Atomic<Int>(0)
    for round in 0..<20_000 {
      pool.perform(1 + round % 9) { sum.add($0 + 1, ordering: .relaxed) }
    }
    let expected = (0..<20_000).reduce(0) { $0 + (1 + $1 % 9) * (2 + $1 % 9) / 2 }
    #expect(sum.load(ordering: .relaxed) == expected)
  }

  /// Helpers fall asleep after some microseconds; the pauses here are longer.
  @Test func sleepingHelpersAreWoken() throws {
    let pool = try WorkerPool(threads: 3)
    for _ in 0..<20 {
      let done = Tally(count: 50)
      pool.perform(50) { part in
        done.add(part)
        if part % 10 == 0 { pause(milliseconds: 1) }
      }
      #expect(done.counts.allSatisfy { $0 == 1 })
      pause(milliseconds: 2)
    }
  }

  @Test func moreThanOneThreadWorks() throws {
    let pool = try WorkerPool(threads: 2)
    let inside = Atomic<Int>(0)
    let most = Atomic<Int>(0)
    pool.perform(2) { _ in
      let now = inside.add(1, ordering: .sequentiallyConsistent).newValue
      most.max(now, ordering: .sequentiallyConsistent)
      // Waits until the other part has come too, for about half a second at most.
      for _ in 0..<500 where most.load(ordering: .sequentiallyConsistent) < 2 {
        pause(milliseconds: 1)
        most.max(inside.load(ordering: .sequentiallyConsistent), ordering: .sequentiallyConsistent)
      }
      inside.subtract(1, ordering: .sequentiallyConsistent)
    }
    #expect(most.load(ordering: .relaxed) == 2)
  }

  /// A part that asks its own pool would wait for itself, so the pool traps. This is tried in a
  /// separate process, and the test waits for that process id. The library's exit tests wait for
  /// any child, and they wait for ever once a killed program has made this process an orphan.
  @Test func aPartCannotAskItsOwnPool() throws {
    let name = "REGROK_TEST_TRAPS"
    guard ProcessInfo.processInfo.environment[name] == nil else {
      let pool = try WorkerPool(threads: 2)
      pool.perform(2) { _ in pool.perform(2) { _ in } }
      return
    }
    let program = try #require(CommandLine.arguments.first)
    var spawn = ProcessSpawn(
      [program, "--testing-library", "swift-testing", "--filter", "aPartCannotAskItsOwnPool"])
    spawn.variables.append(name + "=1")
    spawn.output = .nothing
    spawn.errors = .nothing
    let end = ProcessEnd.wait(for: try spawn.start())
    #expect(end != .exited(status: 0), "\(end)")
  }

  @Test func poolsComeAndGo() throws {
    for threads in [1, 2, 5, 16, 3, 1, 8] {
      let pool = try WorkerPool(threads: threads)
      let done = Tally(count: 10)
      pool.perform(10) { done.add($0) }
      #expect(done.counts.allSatisfy { $0 == 1 })
    }
  }
}

/// How often each part was done.
private final class Tally: Sendable {
  private let values: Mutex<[Int]>

  init(count: Int) { values = Mutex(Array(repeating: 0, count: count)) }
  func add(_ part: Int) { values.withLock { $0[part] += 1 } }
  var counts: [Int] { values.withLock { $0 } }
}
