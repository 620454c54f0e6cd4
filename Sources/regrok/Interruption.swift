import Files
import Programs
import RunRecords
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

/// Whether the user or the system has asked this program to end, and what it does then.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// The signal when one has come that asks for an end, else nil.
  static var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// What batch systems send some time before they end a program.
  private static let announcements = [SIGUSR1, SIGUSR2, SIGXCPU]

  /// How a program ends after `signal`, which is one of those listened to.
  static func exitStatus(after signal: Int32) -> ExitStatus {
    switch signal {
    case SIGHUP: .hungUp
    case SIGINT: .interrupted
    case SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU: .terminated
    default: preconditionFailure("signal \(signal) is not listened to")
    }
  }

  /// From now on the first signal is remembered and a second one ends the program at once; an
  /// announcement of an end counts as one.
  static func listen() {
    // The handler must not be the first to touch the flag: making it takes a lock.
    _ = signal
    handle(announcements) { number in
      if !Interruption.isFirst(number) { _exit(128 + number) }
    }
  }

  /// From now on the first signal is remembered, one that comes a second later or more asks for
  /// haste, and one after that ends the program at once: for commands that have to end another
  /// program before. What comes at the same time is the same request, as `timeout` sends it to a
  /// process and to its group.
  static func listenPatiently() {
    _ = (signal, isUrgent, lastMilliseconds.load(ordering: .relaxed))
    handle { number in
      let now = Int(monotonicSeconds() * 1000)
      let isNew = now - Interruption.lastMilliseconds.load(ordering: .relaxed) >= 1000
      if Interruption.isFirst(number) {
        Interruption.lastMilliseconds.store(now, ordering: .relaxed)
      } else if isNew {
        Interruption.lastMilliseconds.store(now, ordering: .relaxed)
        if Interruption.urgent.exchange(true, ordering: .relaxed) { _exit(128 + number) }
      }
    }
  }

  private static let urgent = Atomic(false)
  private static let lastMilliseconds = Atomic(0)

  /// Whether a second signal has come.
  private static var isUrgent: Bool { urgent.load(ordering: .relaxed) }

  /// What another program is asked for what this one was asked; nil when no signal has come.
  static var demand: ChildProcess.Demand? {
    isUrgent ? .impatience : signal.map { .signal($0) }
  }

  private static func isFirst(_ number: Int32) -> Bool {
    received.compareExchange(expected: 0, desired: number, ordering: .relaxed).exchanged
  }

  private static func handle(
    _ others: [Int32] = [], _ handler: @convention(c) (Int32) -> Void
  ) {
    var signals = sigset_t()
    _ = unsafe sigemptyset(&signals)
    for number in [SIGHUP, SIGINT, SIGTERM] + others {
      // Who starts a program with `nohup` wants it to outlive the terminal.
      if number == SIGHUP && isIgnored(number) { continue }
      _ = systemSignal(number, handler)
      _ = unsafe sigaddset(&signals, number)
    }
    // A parent may have blocked them: threads of libdispatch do, and a child inherits it.
    _ = unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    guard unsafe sigaction(number, nil, &action) == 0 else { return false }
    #if canImport(Glibc)
      return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
    #else
      return unsafe unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self)
        == unsafeBitCast(SIG_IGN, to: Int.self)
    #endif
  }
}

// MARK: Leaving nothing half made

extension Interruption {
  /// The end of a pipe into which the handler writes the signal's number.
  private static let pipeEnd = Atomic<Int32>(-1)
  private static let watcher = Mutex<SystemThread?>(nil)

  /// From now on a signal removes the files and directories that this program is making, and ends
  /// it; with `--json` it is answered as a failure, if nothing has been answered yet. To ask for it
  /// again changes nothing.
  ///
  /// A handler may do next to nothing, so a thread does it. Where there is none to be had, a signal
  /// ends the program as ever, and what it leaves is taken over by the next that writes the same
  /// name.
  static func removeUnfinishedFiles() { _ = watching }

  private static let watching: Void = watch()

  private static func watch() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let reading = ends[0]
    guard let thread = try? SystemThread({ Self.awaitSignal(reading) }) else {
      for end in ends { _ = close(end) }
      return
    }
    watcher.withLock { $0 = thread }
    pipeEnd.store(ends[1], ordering: .sequentiallyConsistent)
    _ = signal
    handle { number in
      guard Interruption.isFirst(number) else { _exit(128 + number) }
      var byte = UInt8(truncatingIfNeeded: number)
      _ = unsafe systemWrite(
        Interruption.pipeEnd.load(ordering: .relaxed), &byte, 1)
    }
  }

  private static func awaitSignal(_ reading: Int32) {
    var number: UInt8 = 0
    while unsafe read(reading, &number, 1) != 1 {
      guard errno == EINTR else { return }
    }
    let status = exitStatus(after: Int32(number))
    UnfinishedFiles.remove { wereAny in
      let reason = wereAny ? "interrupted; what it was making is removed" : "interrupted"
      Output.closeAnswers(status, reason)
      Output.writeError("\(Software.name): \(reason)\n")
      _exit(status.rawValue)
    }
  }
}
