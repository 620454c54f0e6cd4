package import Files
package import RunRecords

/// The directory of one run of a program, finished or not.
///
/// While the program runs, `work` is its working directory and `out` is its `{out}`. Afterwards,
/// what is kept has moved to `results` and `checkpoints`. `outcome.json` is written last, so a
/// directory that has it is finished. If the run was ended earlier, everything that the program
/// wrote is in these four.
package struct ProgramRunDirectory: Sendable {
  /// Absolute.
  package let path: String
  package var disk = Disk()

  /// The names of its files and folders.
  package enum Name {
    package static let program = ProgramSpec.fileName
    package static let inputList = "inputs-sha256.txt"
    package static let inputs = "inputs"
    package static let results = "results"
    package static let checkpoints = "checkpoints"
    package static let trace = "trace"
    package static let metrics = "trace/metrics.csv"
    package static let observed = "trace/observed.csv"
    package static let log = "log.txt"
    package static let environment = "environment.json"
    package static let repeats = Repeats.fileName
    package static let outcome = ProgramOutcome.fileName
    package static let run = "run.json"
    package static let lock = "lock"
    package static let work = "work"
    package static let out = "out"
    package static let config = "config.json"
    /// `work` and `out`, if something in them could not be taken.
    package static let kept = "kept"
    /// The repeats, each in its own folder, until they have been compared.
    package static let attempts = "attempts"
  }

  /// - Parameter path: A relative path is below `base`.
  package init(_ path: String, in base: String) {
    var path = path.hasPrefix("/") ? path : base + "/" + path
    while path.utf8.count > 1 && path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  package func path(of name: String) -> String { path + "/" + name }

  /// A variable that the program has and no other process has.
  var mark: String { "RUN_OUTPUT=" + path(of: Name.out) }

  /// The first of `NAME`, `NAME-2`, `NAME-3` and so on that does not exist.
  package static func unused(
    _ name: String, in base: String
  ) throws(ProgramError) -> ProgramRunDirectory {
    var number = 1
    while true {
      let directory = ProgramRunDirectory(number == 1 ? name : "\(name)-\(number)", in: base)
      if try onDisk(try !directory.disk.exists(directory.path)) { return directory }
      number += 1
    }
  }
}

// MARK: Beginning

extension ProgramRunDirectory {
  /// Makes the directory, which must be new or empty, and keeps other processes out as long as the
  /// result lives.
  func begin() throws(ProgramError) -> DirectoryLock {
    try onDisk(try disk.makeDirectory(path))
    try checkUnused()
    let lock = try onDisk(
      try DirectoryLock(path(of: Name.lock), of: path, patienceSeconds: 0.2))
    // Another process may have come in between the check and the lock.
    try checkUnused()
    return lock
  }

  private func checkUnused() throws(ProgramError) {
    let names = (try onDisk(try disk.list(path)) ?? []).filter { $0 != Name.lock }
    guard let first = names.first else { return }
    if names.contains(Name.outcome) {
      throw .directory(
        path: path, reason: "a run is recorded there already; nothing is overwritten")
    }
    guard names.contains(Name.run) else {
      throw .directory(
        path: path, reason: OccupiedDirectory.reason(path, has: first))
    }
    // Fails if another process still holds the lock. Otherwise that process was killed.
    _ = try onDisk(try DirectoryLock(path(of: Name.lock), of: path, patienceSeconds: 0.2))
    let kept = [Name.out, Name.work, Name.results, Name.checkpoints].filter(names.contains)
    if let process = ProcessTable.running(mark: mark).first {
      throw .directory(
        path: path,
        reason: "an earlier record of it was ended before its end, and its program still runs, as "
          + "process \(process)")
    }
    throw .directory(
      path: path,
      reason: "an earlier record of it was ended before its end"
        + (kept.isEmpty
          ? "" : "; what its program wrote is in \(kept.joined(separator: ", ")) there")
        + ". Nothing is overwritten: remove it, or give another -o; --adopt takes what is there")
  }
}

// MARK: Writing

extension ProgramRunDirectory {
  package func write(_ bytes: [UInt8], to name: String) throws(ProgramError) {
    try onDisk(try disk.write(bytes, to: path(of: name)))
  }

  /// Writes the result of repeats. Until then, the record says that nothing was measured.
  package func write(_ repeats: Repeats) throws(ProgramError) {
    try write(repeats.bytes, to: Name.repeats)
  }

  /// Completes the directory of a finished run. `outcome.json` is written when all else is on disk.
  func finish(
    _ attempt: ProgramAttempt, environment: CanonicalJSON, log: ProgramLog
  ) throws(ProgramError) {
    try write(environment.utf8, to: Name.environment)
    try write(Repeats.notMeasured)
    try write(log.json.utf8, to: Name.run)
    let checkpoints = attempt.checkpointSteps.map {
      Name.checkpoints + "/" + Checkpoint.fileName(step: $0)
    }
    let inputs = DirectoryWalk.entries(of: path(of: Name.inputs)).entries
      .filter { $0.kind == .file }.map { Name.inputs + "/" + $0.path }
    try onDisk(
      try FileTree.sync((inputs + attempt.results.map(\.path) + checkpoints).map { path(of: $0) }))
    try write(attempt.outcome.bytes, to: Name.outcome)
  }

  /// Removes what was made for a program that then did not start.
  func abandon() {
    for name in [
      Name.work, Name.out, Name.config, Name.inputs, Name.inputList, Name.program, Name.log,
      Name.run, Name.lock,
    ] { try? remove(name) }
    // This removes the directory only if it is empty.
    try? disk.remove(path)
  }

  func remove(_ name: String) throws(ProgramError) {
    try onDisk(try FileTree.remove(path(of: name)))
  }

  func makeEmpty(_ name: String) throws(ProgramError) {
    try remove(name)
    try onDisk(try FileTree.makeDirectory(path(of: name)))
  }
}
