import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
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
      _ = Glibc.signal(number) { number in
        let (isFirst, _) = Interruption.received.compareExchange(
          expected: 0, desired: number, ordering: .relaxed)
        if !isFirst { _exit(128 + number) }
      }
    }
  }
}
