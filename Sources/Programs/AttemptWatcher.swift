private import Files
private import RunRecords

/// Watches one attempt: keeps its log, its limits and its time, follows its curves and notes the
/// libraries it has loaded.
final class AttemptWatcher<Observer: ProgramObserver>: ChildObserver {
  let observer: Observer
  private let run: ProgramRun
  private let looksAtLibraries: Bool
  private(set) var libraries = LoadedLibraries()
  /// Whether the program has been started, and so may have written something.
  private(set) var hasStarted = false
  private var log: BoundedLog?
  private var watch: OutputWatch?
  private var follower: MetricsFollower?
  private var nextMetricsLook = 0.0
  private var hasEnough = false
  private var logFault: FileError?

  init(_ observer: Observer, _ run: ProgramRun, looksAtLibraries: Bool) {
    self.observer = observer
    self.run = run
    self.looksAtLibraries = looksAtLibraries
  }

  /// - Parameter working: Where the program runs.
  func begin(log path: String, working: String) throws(ProgramError) {
    log = try onDisk(try BoundedLog(path: path))
    let out = run.directory.path(of: ProgramRunDirectory.Name.out)
    watch = OutputWatch([out, working], limits: run.limits)
    follower = run.spec.metrics.map { MetricsFollower($0, in: [out, working]) }
  }

  /// The ending of the program, after a last look at what it has written. Before the first look a
  /// short program may have ended by itself.
  func lookingOnceMore(_ ending: ChildProcess.Ending) -> ChildProcess.Ending {
    guard ending.demand == nil, let reason = watch?.excess() else { return ending }
    var ending = ending
    ending.demand = .outputLimit(reason: reason)
    return ending
  }

  func end() {
    log?.finish()
    logFault = log?.fault
    log = nil
  }

  func remarks(_ ending: ChildProcess.Ending) -> [String] {
    var remarks: [String] = []
    switch ending.demand {
    case nil, .signal, .impatience, .enough: break
    case .timeLimit: remarks.append("ended at its time limit")
    case .outputLimit(let reason): remarks.append("ended because \(reason)")
    }
    if ending.leftProcesses > 0 {
      remarks.append(
        "the program left \(ending.leftProcesses) "
          + (ending.leftProcesses == 1 ? "process" : "processes") + " running, which were ended")
    }
    if let logFault { remarks.append("the log is not whole: \(logFault)") }
    return remarks
  }

  func started(_ process: Int32) { hasStarted = true }

  func wrote(_ bytes: ArraySlice<UInt8>, asError: Bool) { log?.append(bytes) }

  func demand(_ process: Int32, after seconds: Double) -> ChildProcess.Demand? {
    if looksAtLibraries { libraries.look(at: process, after: seconds) }
    if let demand = observer.demand() { return demand }
    if let most = run.limits.seconds, seconds > most { return .timeLimit }
    if let reason = watch?.look(after: seconds) { return .outputLimit(reason: reason) }
    if seconds >= nextMetricsLook {
      let start = monotonicSeconds()
      let isNew = follower?.look() ?? false
      if isNew, let reader = follower?.reader, observer.logged(reader) { hasEnough = true }
      nextMetricsLook = seconds + max(0.5, 100 * (monotonicSeconds() - start))
    }
    return hasEnough ? .enough : nil
  }
}
