import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// The system's function by a name that the property below does not hide.
#if canImport(Glibc)
  private let systemSignal = Glibc.signal
#else
  private let systemSignal = Darwin.signal
#endif

/// Whether the user or the system has asked this program to end.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// SIGINT or SIGTERM when one has come, else nil.
  static var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// How a program ends after `signal`.
  static func exitStatus(after signal: Int32) -> ExitStatus {
    signal == SIGTERM ? .terminated : .interrupted
  }

  /// From now on the first signal is remembered and a second one ends the program at once.
  static func listen() {
    // The handler must not be the first to touch the flag: making it takes a lock.
    _ = signal
    for number in [SIGINT, SIGTERM] {
      _ = systemSignal(number) { number in
        let (isFirst, _) = Interruption.received.compareExchange(
          expected: 0, desired: number, ordering: .relaxed)
        if !isFirst { _exit(128 + number) }
      }
    }
    // A parent may have blocked them: threads of libdispatch do, and a child inherits it.
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    _ = unsafe sigaddset(&signals, SIGINT)
    _ = unsafe sigaddset(&signals, SIGTERM)
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}
