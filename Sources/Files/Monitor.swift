#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A value that threads change one at a time and can wait for. The mutex protects it, hence
/// @unchecked.
@safe package final class Monitor<State>: @unchecked Sendable {
  private var state: State
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  package init(_ state: sending State) {
    self.state = state
    var attributes = pthread_condattr_t()
    _ = unsafe pthread_condattr_init(&attributes)
    #if canImport(Glibc)
      _ = unsafe pthread_condattr_setclock(&attributes, Self.clock)
    #endif
    let codes = unsafe (pthread_mutex_init(mutex, nil), pthread_cond_init(condition, &attributes))
    precondition(codes == (0, 0), "the system has no mutex left")
    _ = unsafe pthread_condattr_destroy(&attributes)
  }

  /// What a wait is measured by: where the system allows it, a clock that nobody sets.
  #if canImport(Glibc)
    private static var clock: clockid_t { CLOCK_MONOTONIC }
  #else
    private static var clock: clockid_t { CLOCK_REALTIME }
  #endif

  deinit {
    _ = unsafe pthread_cond_destroy(condition)
    _ = unsafe pthread_mutex_destroy(mutex)
    unsafe condition.deallocate()
    unsafe mutex.deallocate()
  }

  /// Changes the value, and wakes the waiting threads so that they look at it again.
  package func change<Result>(_ body: (inout State) -> Result) -> Result {
    _ = unsafe pthread_mutex_lock(mutex)
    defer {
      _ = unsafe pthread_cond_broadcast(condition)
      _ = unsafe pthread_mutex_unlock(mutex)
    }
    return body(&state)
  }

  /// Waits until `body`, which may change the value, returns something, and returns that; nil if
  /// `seconds` are given and pass first.
  package func wait<Result>(
    seconds: Double? = nil, until body: (inout State) -> Result?
  ) -> Result? {
    var deadline = timespec()
    if let seconds {
      _ = unsafe clock_gettime(Self.clock, &deadline)
      let nanoseconds = Int(deadline.tv_nsec) + Int(seconds * 1e9)
      deadline.tv_sec += nanoseconds / 1_000_000_000
      deadline.tv_nsec = nanoseconds % 1_000_000_000
    }
    _ = unsafe pthread_mutex_lock(mutex)
    defer {
      // `body` may have made the change that another thread waits for.
      _ = unsafe pthread_cond_broadcast(condition)
      _ = unsafe pthread_mutex_unlock(mutex)
    }
    while true {
      if let result = body(&state) { return result }
      if seconds == nil {
        _ = unsafe pthread_cond_wait(condition, mutex)
      } else if unsafe pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT {
        return body(&state)
      }
    }
  }
}
