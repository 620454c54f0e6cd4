private import Files
public import Learning
private import Synchronization

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Threads that do the parts of a step together with the caller.
///
/// Each free thread claims one part at a time. So a thread that the system does not run delays
/// nobody unless it holds a part. A waiting thread looks for work for some microseconds and then
/// sleeps, so idle threads cost other programs nothing.
public final class WorkerPool: Workers {
  /// The number of threads, including the caller. It is smaller than requested if the system had no
  /// more.
  public let threads: Int
  private let shared: Shared
  private let helpers: Helpers

  /// Starts the threads, and checks that all of them, including the caller's, compute as SPEC.md
  /// requires.
  ///
  /// - Parameter threads: At least 1. The caller is one of them.
  public init(threads: Int) throws(TrainingError) {
    precondition(threads > 0, "a pool of \(threads) threads")
    if let failure = FloatingPointCheck.failure() { throw .arithmetic(reason: failure) }
    shared = Shared()
    helpers = Helpers(shared, wanted: threads - 1)
    self.threads = 1 + helpers.count
    if let failure = shared.awaitStart(of: helpers.count) { throw .arithmetic(reason: failure) }
  }

  public func perform(_ count: Int, _ body: (Int) -> Void) {
    if threads == 1 || count == 1 {
      for index in 0..<count { body(index) }
      return
    }
    var first = 0
    while first < count {
      let parts = min(count - first, Shared.mostParts)
      let start = first
      shared.perform(parts) { body(start + $0) }
      first += parts
    }
  }
}

/// The threads besides the caller's. They are ended and joined on release.
private final class Helpers {
  private let shared: Shared
  private var threads: [SystemThread] = []

  var count: Int { threads.count }

  init(_ shared: Shared, wanted: Int) {
    self.shared = shared
    while threads.count < wanted {
      do {
        threads.append(try SystemThread { shared.help() })
      } catch {
        Notice.once("threads", "\(error): the work goes on with fewer")
        return
      }
    }
  }

  deinit {
    shared.close()
    threads = []
  }
}

/// What the caller and the helpers share.
///
/// The open job is one word: the number of its parts in the high half, the number of the next part
/// in the low half. So a claim is one compare-and-exchange. A thread that has claimed a part may
/// read `body`: the caller publishes the word after `body`, and changes `body` only when every part
/// of the job is done. That protects `body`, hence @unchecked.
private final class Shared: @unchecked Sendable {
  static let mostParts = 1 << 20

  /// parts << 32 | next part.
  private let word = Atomic<UInt64>(0)
  private let unfinished = Atomic<Int>(0)
  private let isPerforming = Atomic<Bool>(false)
  private let isClosed = Atomic<Bool>(false)
  private let sleepingHelpers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private var body: ((Int) -> Void)?

  private let started = Atomic<Int>(0)
  private let failure = Mutex<String?>(nil)

  private let helperGate = Gate()
  private let callerGate = Gate()

  // MARK: The caller

  func perform(_ parts: Int, _ body: (Int) -> Void) {
    precondition(
      !isPerforming.exchange(true, ordering: .acquiring),
      "a part of a job of \(unfinished.load(ordering: .relaxed)) parts asks the same pool for "
        + "\(parts) more: it would wait for itself")
    defer { isPerforming.store(false, ordering: .releasing) }
    withoutActuallyEscaping(body) { body in
      self.body = body
      unfinished.store(parts, ordering: .relaxed)
      word.store(UInt64(parts) << 32, ordering: .sequentiallyConsistent)
      if sleepingHelpers.load(ordering: .sequentiallyConsistent) > 0 { helperGate.wakeAll() }
      while let part = claim() { finish(part) }
      if !look({ unfinished.load(ordering: .acquiring) == 0 }) {
        callerSleeps.store(true, ordering: .sequentiallyConsistent)
        callerGate.sleep(while: { unfinished.load(ordering: .sequentiallyConsistent) != 0 })
        callerSleeps.store(false, ordering: .relaxed)
      }
      // All parts are done, so nobody reads it any more.
      self.body = nil
    }
  }

  /// Waits until `count` helpers have started. Returns what is wrong with one of them, if anything.
  func awaitStart(of count: Int) -> String? {
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    callerGate.sleep(while: { started.load(ordering: .sequentiallyConsistent) != count })
    callerSleeps.store(false, ordering: .relaxed)
    return failure.withLock { $0 }
  }

  func close() {
    isClosed.store(true, ordering: .sequentiallyConsistent)
    helperGate.wakeAll()
  }

  // MARK: Everyone

  private func claim() -> Int? {
    var seen = word.load(ordering: .relaxed)
    while seen & 0xffff_ffff < seen >> 32 {
      let (exchanged, found) = word.compareExchange(
        expected: seen, desired: seen + 1, ordering: .acquiringAndReleasing)
      if exchanged { return Int(seen & 0xffff_ffff) }
      seen = found
    }
    return nil
  }

  private var hasWork: Bool {
    let seen = word.load(ordering: .sequentiallyConsistent)
    return seen & 0xffff_ffff < seen >> 32
  }

  /// Not inlined, so that its reference to `body` is gone when it returns, before the caller can
  /// know.
  @inline(never) private func run(_ part: Int) { body!(part) }

  private func finish(_ part: Int) {
    run(part)
    let (_, left) = unfinished.subtract(1, ordering: .sequentiallyConsistent)
    if left == 0 && callerSleeps.load(ordering: .sequentiallyConsistent) { callerGate.wakeAll() }
  }

  // MARK: The helpers

  func help() {
    if let reason = FloatingPointCheck.failure() { failure.withLock { $0 = reason } }
    started.add(1, ordering: .sequentiallyConsistent)
    callerGate.wakeAll()
    while !isClosed.load(ordering: .acquiring) {
      while let part = claim() { finish(part) }
      if look({ hasWork }) { continue }
      sleepingHelpers.add(1, ordering: .sequentiallyConsistent)
      helperGate.sleep(while: { !hasWork && !isClosed.load(ordering: .sequentiallyConsistent) })
      sleepingHelpers.subtract(1, ordering: .relaxed)
    }
  }
}

/// Checks `condition` for at most 20 µs. Returns whether it became true.
private func look(_ condition: () -> Bool) -> Bool {
  if condition() { return true }
  let start = monotonicNanoseconds()
  repeat {
    // Reading the clock between two checks leaves the cache line to the threads that work.
    if condition() { return true }
  } while monotonicNanoseconds() &- start < 20_000
  return false
}

private func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// Where threads sleep until a condition that other threads change may have become true.
///
/// The thread that changes it wakes the sleepers afterwards. A sleeper checks again under the lock,
/// so no wake-up is lost.
@safe private final class Gate: @unchecked Sendable {
  // Shared; a mutex and a condition variable at fixed addresses protect themselves.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    let codes = unsafe (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil))
    precondition(codes == (0, 0), "the system has no mutex left")
  }

  deinit {
    _ = unsafe pthread_cond_destroy(condition)
    _ = unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  func sleep(while mustSleep: () -> Bool) {
    _ = unsafe pthread_mutex_lock(mutex)
    while mustSleep() { _ = unsafe pthread_cond_wait(condition, mutex) }
    _ = unsafe pthread_mutex_unlock(mutex)
  }

  func wakeAll() {
    // Under the lock, a sleeper is either before its check of the condition or already waiting.
    _ = unsafe pthread_mutex_lock(mutex)
    _ = unsafe pthread_cond_broadcast(condition)
    _ = unsafe pthread_mutex_unlock(mutex)
  }
}
