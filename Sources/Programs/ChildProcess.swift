private import CSystem
package import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A program that runs as a child of this process, watched until it and all the processes it
/// started have ended.
///
/// It leads its own session and process group, has no terminal, reads from /dev/null and writes
/// into two pipes.
package struct ChildProcess {
  package var spawn: ProcessSpawn
  /// `NAME=VALUE` of a variable that no other process has. By it, children that the program leaves
  /// are found.
  package let mark: String
  /// How long the program may take to end by itself once it has been asked to.
  package var graceSeconds = 10.0
  /// Descriptors to which its output and errors are passed on as they come; nil: not passed on.
  package var passes: (output: Int32?, errors: Int32?) = (nil, nil)

  /// - Parameter variables: All its variables, each as `NAME=VALUE`. One of them is `mark`.
  package init(
    _ arguments: [String], variables: [String], mark: String, directory: String?
  ) {
    spawn = ProcessSpawn(arguments)
    spawn.variables = variables
    spawn.directory = directory
    spawn.hasOwnSession = true
    spawn.input = .nothing
    self.mark = mark
  }
}

/// Observes a program while it runs, on the thread that runs it.
package protocol ChildObserver: AnyObject {
  func started(_ process: Int32)
  /// The program has written these bytes to its output or its errors.
  func wrote(_ bytes: ArraySlice<UInt8>, asError: Bool)
  /// Called several times a second. The first demand that it returns asks the program to end, and a
  /// later one asks more urgently.
  func demand(_ process: Int32, after seconds: Double) -> ChildProcess.Demand?
}

extension ChildProcess {
  /// Why a program is ended early.
  package enum Demand: Sendable, Hashable {
    /// A signal asked this process to end; it is passed on.
    case signal(Int32)
    /// A second signal came: there is no more waiting.
    case impatience
    case timeLimit
    /// The observer has seen all it needs.
    case enough
    /// The program has written more than it may; `reason` says what.
    case outputLimit(reason: String)

    fileprivate var firstSignal: Int32 {
      switch self {
      case .signal(let number): number
      case .impatience: SIGKILL
      case .timeLimit, .enough, .outputLimit: SIGTERM
      }
    }
  }

  package struct Ending: Sendable {
    package var end: ProcessEnd
    /// Nil if the program ended by itself.
    package var demand: Demand?
    package var seconds: Double
    /// The number of processes it left that had to be ended.
    package var leftProcesses: Int
  }

  /// Starts the program, and returns when it and the processes it left have ended.
  package func run(_ observer: some ChildObserver) throws(ProgramError) -> Ending {
    ProcessTable.adoptOrphans()
    let (output, outputEnd) = try Channel.make(passesTo: passes.output, isErrors: false)
    let (errors, errorsEnd) = try Channel.make(passesTo: passes.errors, isErrors: true)
    var spawn = spawn
    spawn.output = .descriptor(outputEnd.number)
    spawn.errors = .descriptor(errorsEnd.number)
    let start = monotonicSeconds()
    let process: Int32
    do throws(FileError) {
      process = try spawn.start()
    } catch {
      guard case .system(_, let program, let code) = error else { throw .file(error) }
      throw .cannotStart(program: program, reason: systemMessage(code))
    }
    outputEnd.close()
    errorsEnd.close()
    observer.started(process)
    var watch = Watch(
      process: process, mark: mark, graceSeconds: graceSeconds, channels: [output, errors])
    return watch.wait(from: start, observer)
  }
}

/// The state of watching one program.
private struct Watch {
  let process: Int32
  let mark: String
  let graceSeconds: Double
  let channels: [Channel]
  private var demand: ChildProcess.Demand?
  /// When the first demand came.
  private var demandedAt = 0.0
  private var sent: Set<Int32> = []
  private var reapedAt = 0.0

  init(process: Int32, mark: String, graceSeconds: Double, channels: [Channel]) {
    self.process = process
    self.mark = mark
    self.graceSeconds = graceSeconds
    self.channels = channels
  }

  mutating func wait(from start: Double, _ observer: some ChildObserver) -> ChildProcess.Ending {
    // Looks for the end more often at first: most short programs end at once.
    var pauseSeconds = 0.002
    while !ProcessEnd.hasCome(for: process) {
      let isBusy = Channel.serve(channels, forSeconds: pauseSeconds, observer.wrote(_:asError:))
      if !isBusy { pauseSeconds = min(0.1, pauseSeconds * 1.5) }
      let now = monotonicSeconds()
      if let next = observer.demand(process, after: now - start) { meet(next, at: now) }
      escalate(at: now)
      if now - reapedAt > 5 {
        ProcessTable.reap(ProcessTable.left(by: process, mark: mark, known: []))
        reapedAt = now
      }
    }
    let seconds = monotonicSeconds() - start
    let left = endLeftProcesses(observer)
    Channel.drain(channels, observer.wrote(_:asError:))
    return ChildProcess.Ending(
      end: .wait(for: process), demand: demand, seconds: seconds, leftProcesses: left)
  }

  private mutating func meet(_ next: ChildProcess.Demand, at now: Double) {
    if demand == nil {
      demand = next
      demandedAt = now
      send(next.firstSignal)
    } else if next == .impatience {
      send(SIGKILL)
    }
  }

  private mutating func escalate(at now: Double) {
    guard demand != nil else { return }
    if now - demandedAt >= graceSeconds { send(SIGKILL) }
    if now - demandedAt >= graceSeconds / 2 { send(SIGTERM) }
  }

  /// Sends a signal to the whole process group, once.
  private mutating func send(_ signal: Int32) {
    guard sent.insert(signal).inserted else { return }
    _ = kill(-process, signal)
    // A stopped process does not receive the signal before it continues.
    _ = kill(-process, SIGCONT)
  }

  /// Ends the processes that the program has left: with TERM, and after a second with KILL.
  private func endLeftProcesses(_ observer: some ChildObserver) -> Int {
    var all: Set<Int32> = []
    let start = monotonicSeconds()
    while true {
      let found = ProcessTable.left(by: process, mark: mark, known: all)
      ProcessTable.reap(found)
      let running = found.filter { !$0.isZombie }
      let isLate = monotonicSeconds() - start > 1
      for entry in running where all.insert(entry.process).inserted && !isLate {
        _ = kill(entry.process, SIGTERM)
      }
      #if canImport(Darwin)
        _ = kill(-process, SIGKILL)
      #endif
      // A process that was sent KILL and still runs is held by the system.
      if running.isEmpty || monotonicSeconds() - start > 5 { return all.count }
      if isLate { for entry in running { _ = kill(entry.process, SIGKILL) } }
      _ = Channel.serve(channels, forSeconds: 0.01, observer.wrote(_:asError:))
    }
  }
}
