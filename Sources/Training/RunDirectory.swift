package import Files
public import RunRecords

/// The directory of one run, finished or not (SPEC.md, the run directory).
///
/// Files get their names when they are complete; the traces grow by lines. `outcome.json` comes
/// last, so a directory that has it is finished.
public struct RunDirectory: Sendable {
  public let path: String
  package var disk = Disk()

  public init(_ path: String) {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    self.path = path
  }

  /// The names of its files and folders.
  public enum Name {
    public static let config = "config.json"
    public static let metrics = "trace/metrics.csv"
    public static let hashes = "trace/hashes.csv"
    public static let checkpoints = "checkpoints"
    /// Checkpoints outside the schedule, kept only until the run has ended.
    public static let resume = "resume"
    public static let outcome = "outcome.json"
    public static let environment = "environment.json"
    public static let run = "run.json"
    public static let lock = "lock"
  }

  public func path(of name: String) -> String { path + "/" + name }

  static func checkpointName(in folder: String, step: Int) -> String {
    folder + "/" + Checkpoint.fileName(step: step)
  }
}

// MARK: Reading

extension RunDirectory {
  /// The content of a file in the directory; nil if there is none. Throws if it is larger than such
  /// a file may be (SPEC.md, reading).
  func content(of name: String) throws(TrainingError) -> [UInt8]? {
    let limit =
      switch name {
      case Name.config: 64 << 10
      case Name.metrics, Name.hashes: 256 << 20
      case Name.outcome, Name.environment, Name.run: 1 << 20
      // The rest are checkpoints.
      default: 1 << 30
      }
    return try onDisk(try disk.read(path(of: name), limit: limit))
  }

  /// The spec in `config.json`; nil if there is none.
  public func readSpec() throws(TrainingError) -> RunSpec? {
    guard let bytes = try content(of: Name.config) else { return nil }
    return try readingRecord(Name.config) { () throws(RecordError) in
      try RunSpec(json: CanonicalJSON(canonical: bytes))
    }
  }

  /// The outcome in `outcome.json`; nil if the run has not ended.
  public func readOutcome() throws(TrainingError) -> Outcome? {
    guard let bytes = try content(of: Name.outcome) else { return nil }
    let json = try readingRecord(Name.outcome) { () throws(RecordError) in
      try CanonicalJSON(canonical: bytes)
    }
    guard let outcome = Outcome(json: json) else {
      throw .damaged(path: path(of: Name.outcome), reason: "not an outcome")
    }
    return outcome
  }

  /// The longest beginning of both traces that is complete: rows of the schedule's steps, the same
  /// in both files. It stops before anything that a killed process left incomplete.
  package func readTracePrefix(of spec: RunSpec) throws(TrainingError) -> Trace {
    let added = spec.addedHeadings
    let metrics = try rows(of: Name.metrics, header: MetricsRow.header(added: added)) {
      MetricsRow(csvLine: $0, added: added.count)
    }
    let hashes = try rows(of: Name.hashes, header: HashRow.header) { HashRow(csvLine: $0) }
    var trace = Trace(addedHeadings: added)
    for (row, hash) in zip(metrics, hashes) {
      let step = trace.metrics.count * spec.logInterval
      guard row.step == step, hash.step == step else { break }
      trace.metrics.append(row)
      trace.hashes.append(hash)
    }
    return trace
  }

  private func rows<Row>(of name: String, header: String, read: (Substring) -> Row?)
    throws(TrainingError) -> [Row]
  {
    guard let bytes = try content(of: name) else { return [] }
    // The last piece is empty, or a line that was not finished.
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .dropLast()
    guard let first = lines.first, first.elementsEqual(header.utf8) else { return [] }
    var rows: [Row] = []
    for line in lines.dropFirst() {
      guard let text = String(validating: line, as: UTF8.self), let row = read(text[...]) else {
        break
      }
      rows.append(row)
    }
    return rows
  }

  /// The steps of the checkpoints in a folder, taken from the file names, ascending.
  func checkpointSteps(in folder: String) throws(TrainingError) -> [Int] {
    var steps: [Int] = []
    for name in try onDisk(try disk.list(path(of: folder))) ?? [] {
      let digits = name.dropFirst("step-".count).prefix { $0.isNumber }
      if let step = Int(digits), name == Checkpoint.fileName(step: step) { steps.append(step) }
    }
    return steps.sorted()
  }

  private func readingRecord<Value>(
    _ name: String, _ read: () throws(RecordError) -> Value
  ) throws(TrainingError) -> Value {
    do {
      return try read()
    } catch {
      switch error {
      case .unknownNumerics, .unknownConfig:
        throw .unsupported(path: path(of: name), reason: "\(error)")
      case .config, .notJSON, .trace, .checkpoint, .program:
        throw .damaged(path: path(of: name), reason: "\(error)")
      }
    }
  }
}

// MARK: Writing

extension RunDirectory {
  /// Makes the directory if necessary, and keeps other writers out as long as the result lives.
  func lock() throws(TrainingError) -> DirectoryLock {
    try onDisk(try disk.makeDirectory(path))
    let names = try onDisk(try disk.list(path)) ?? []
    // Checked before anything is put into a directory that belongs to somebody else.
    if !names.contains(Name.config),
      let other = names.first(where: { $0 != Name.lock && !Disk.isPartial($0) })
    {
      throw .notOurs(
        path: path, reason: OccupiedDirectory.reason(path, has: "\(other) and no \(Name.config)"))
    }
    let lock = try onDisk(
      try DirectoryLock(path(of: Name.lock), of: path, patienceSeconds: 0.2))
    for folder in ["", "/trace", "/" + Name.checkpoints, "/" + Name.resume] {
      try onDisk(try disk.removePartials(in: path + folder))
    }
    return lock
  }

  func write(_ bytes: [UInt8], to name: String) throws(TrainingError) {
    try onDisk(try disk.write(bytes, to: path(of: name)))
  }

  func write(_ json: CanonicalJSON, to name: String) throws(TrainingError) {
    try write(json.utf8, to: name)
  }

  func makeDirectory(_ name: String) throws(TrainingError) {
    try onDisk(try disk.makeDirectory(path(of: name)))
  }

  func remove(_ name: String) throws(TrainingError) {
    try onDisk(try disk.remove(path(of: name)))
  }

  /// Replaces both traces by the rows up to `step`; only the headers if it is −1.
  func cut(_ trace: Trace, to step: Int) throws(TrainingError) -> Trace {
    let kept = trace.rows { $0 <= step }
    try makeDirectory("trace")
    for (name, content) in [(Name.metrics, kept.metricsCSV), (Name.hashes, kept.hashesCSV)]
    where try self.content(of: name) != content {
      try write(content, to: name)
    }
    return kept
  }

  func writeCheckpoint(_ checkpoint: Checkpoint, of spec: RunSpec, in folder: String)
    throws(TrainingError)
  {
    let bytes = Safetensors.encode(checkpoint, runID: spec.runID, numerics: spec.numerics)
    try makeDirectory(folder)
    try write(bytes, to: Self.checkpointName(in: folder, step: checkpoint.step))
  }

  /// Removes all rolling checkpoints but the newest `count`. If none is left, removes their folder.
  package func keepResumeCheckpoints(_ count: Int) throws(TrainingError) {
    let steps = try checkpointSteps(in: Name.resume)
    for step in steps.dropLast(count) {
      try remove(Self.checkpointName(in: Name.resume, step: step))
    }
    if count == 0 { try remove(Name.resume) }
  }
}
