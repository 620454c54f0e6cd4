import Archive
public import Bundles
public import Digests
public import RunRecords

/// The runs at some paths and below them, as bundles and as directories, each result once.
///
/// What cannot be used is listed with its reason, and does not stop the rest.
public struct RunCollection: Sendable {
  /// In the order of the paths given; below a directory sorted by path.
  public private(set) var opened: [OpenedRun] = []
  public private(set) var leftOut: [LeftOut] = []
  /// Paths whose result another path holds too, with that other path.
  public private(set) var repeats: [Repeat] = []
  /// Files of spectra that lie below the directories.
  public private(set) var spectra: [String] = []

  /// Something that may have been meant as a run and cannot be used.
  public struct LeftOut: Sendable {
    public var path: String
    /// One clause, without the path.
    public var reason: String
    public var error: any Error
  }

  public struct Repeat: Sendable, Hashable {
    public var path: String
    /// The path of the run that is counted.
    public var counted: String
  }

  /// - Parameters:
  ///   - paths: Bundles, directories of runs, and directories in which both are looked for.
  ///   - unfinished: Whether a run that has not ended counts.
  ///   - most: How many files and directories may lie below each path; nil for no limit.
  ///   - kinds: The kinds of run that count; others are left out.
  ///   - inEach: Whether each path must have something that could be a run; else one of them.
  /// - Throws: If a path is not there or cannot be listed, or if nothing could be a run.
  public init(
    _ paths: [String], unfinished: Bool, most: Int? = nil, kinds: Set<RunKind> = [.trainer],
    inEach: Bool = true
  ) throws(AnalysisError) {
    self.kinds = kinds
    var empty: [String] = []
    var seen: [String: [Known]] = [:]
    for path in paths {
      guard try DirectoryWalk.isDirectory(path), !DirectoryWalk.isRunDirectory(path) else {
        add(path, unfinished, &seen)
        continue
      }
      let walk = try DirectoryWalk(below: path, most: most)
      guard !walk.runs.isEmpty || !walk.leftOut.isEmpty else {
        empty.append(path)
        continue
      }
      for error in walk.leftOut { leaveOut(error.path ?? path, error) }
      for run in walk.runs { add(run, unfinished, &seen) }
      spectra += walk.spectra
    }
    if let path = empty.first, inEach || empty.count == paths.count {
      throw .noRuns(path: path)
    }
  }

  private let kinds: Set<RunKind>

  /// The trainer's runs.
  public var runs: [RecordedRun] {
    opened.compactMap { run in
      switch run {
      case .trainer(let run): run
      case .program: nil
      }
    }
  }

  /// A run of a config: its index in `opened`, and its result once it has been computed.
  private struct Known {
    var index: Int
    var result: Digest??
  }

  private mutating func add(_ path: String, _ unfinished: Bool, _ seen: inout [String: [Known]]) {
    let run: OpenedRun
    do {
      run = try OpenedRun(opening: path, unfinished: unfinished)
    } catch {
      leaveOut(path, error)
      return
    }
    guard kinds.contains(run.kind) else {
      leaveOut(
        path,
        AnalysisError.anotherKind(
          path: path, reason: "it is \(run.kind.noun), which is not meant"))
      return
    }
    let id = run.runID
    var known = seen[id] ?? []
    for place in known.indices {
      let other = opened[known[place].index]
      guard isRepeat(run, of: other, &known[place].result) else { continue }
      // A bundle says more than a directory: it has an identity.
      if other.identities == nil && run.identities != nil {
        repeats.append(Repeat(path: other.path, counted: path))
        opened[known[place].index] = run
      } else {
        repeats.append(Repeat(path: path, counted: other.path))
      }
      seen[id] = known
      return
    }
    known.append(Known(index: opened.count, result: nil))
    seen[id] = known
    opened.append(run)
  }

  /// - Parameter result: The other run's result, if it is known; otherwise it is filled in.
  private func isRepeat(_ run: OpenedRun, of other: OpenedRun, _ result: inout Digest??) -> Bool {
    switch (run, other) {
    case (.trainer(let run), .trainer(let other)): isRepeat(run, of: other, &result)
    case (.program(let run), .program(let other)): run.result == other.result
    case (.trainer, .program), (.program, .trainer): false
    }
  }

  private func isRepeat(_ run: RecordedRun, of other: RecordedRun, _ result: inout Digest??)
    -> Bool
  {
    guard run.trace == other.trace else { return false }
    let its = result ?? other.resultDigest
    result = .some(its)
    guard let its, let own = run.resultDigest else { return run.outcome == other.outcome }
    return own == its
  }

  private mutating func leaveOut(_ path: String, _ error: any Error) {
    // A bundle's error escapes what is no ASCII, the path too, so its parts are put together here.
    let reason =
      switch error {
      case BundleError.inputOutput(let place, let detail),
        BundleError.notARun(let place, let detail):
        "\(place): \(detail)"
      case BundleError.of(let place, let error): "\(place): \(error)"
      default: "\(error)"
      }
    // Some reasons begin with the path, or with that of a file in it.
    let named = [path + ": ", path + "/"].first(where: reason.hasPrefix) ?? ""
    leftOut.append(
      LeftOut(path: path, reason: String(reason.dropFirst(named.count)), error: error))
  }
}

extension RunCollection {
  /// The paths of finished runs that have the same config and different results, one list for each
  /// config.
  public var contradictions: [[String]] {
    var paths: [String: [String]] = [:]
    for run in opened where run.hasEnded { paths[run.runID, default: []].append(run.path) }
    return opened.compactMap { run in
      paths.removeValue(forKey: run.runID).flatMap { $0.count > 1 ? $0 : nil }
    }
  }

  /// What `use` returns for each of the trainer's runs. Runs for which it throws are left out.
  public mutating func keep<Value>(_ use: (RecordedRun) throws -> Value) -> [Value] {
    var values: [Value] = []
    var kept: [OpenedRun] = []
    for run in runs {
      do {
        values.append(try use(run))
        kept.append(.trainer(run))
      } catch {
        leaveOut(run.path, error)
      }
    }
    opened = kept
    return values
  }

  /// The spectra that lie below the directories, by the result that they belong to. Files that
  /// belong to none of the runs are left out, and of several that differ, all but the first.
  public mutating func takeSpectra() -> [Digest: RunSpectra] {
    var found: [Digest: (path: String, spectra: RunSpectra)] = [:]
    for path in spectra {
      do {
        let spectra = try RunSpectra(file: path, of: runs)
        if let (first, other) = found[spectra.result] {
          guard spectra != other else { continue }
          throw AnalysisError.foreign(
            path: path, reason: "it has other spectra of the same result than \(first)")
        }
        found[spectra.result] = (path, spectra)
      } catch {
        leaveOut(path, error)
      }
    }
    return found.mapValues(\.spectra)
  }
}

extension OpenedRun {
  fileprivate var hasEnded: Bool {
    switch self {
    case .trainer(let run): run.hasEnded
    case .program: true
    }
  }
}

extension RecordedRun {
  fileprivate var hasEnded: Bool { outcome["stop_reason"]?.stringValue != nil }

  /// The identity of the result, for a finished run's directory too: the digest of the list that
  /// its bundle would have (SPEC.md, 3.1 and 3.3). Nil if the run has not ended or a checkpoint
  /// cannot be read.
  ///
  /// - Complexity: Reads and hashes every checkpoint of a directory.
  fileprivate var resultDigest: Digest? {
    if let identities { return identities.result }
    guard hasEnded else { return nil }
    var lines = [
      (Digest(of: config.utf8), "config.json"), (Digest(of: outcome.utf8), "outcome.json"),
      (Digest(of: trace.metricsCSV), "trace/metrics.csv"),
      (Digest(of: trace.hashesCSV), "trace/hashes.csv"),
    ]
    for checkpoint in checkpoints {
      guard let digest = try? digest(of: checkpoint) else { return nil }
      lines.append((digest, "checkpoints/" + Checkpoint.fileName(step: checkpoint.step)))
    }
    return Digest(of: Array(lines.map { "\($0)  \($1)\n" }.joined().utf8))
  }
}

extension AnalysisError {
  fileprivate var path: String? {
    switch self {
    case .unreadable(let path, _), .noRuns(let path), .foreign(let path, _),
      .anotherKind(let path, _),
      .unsupported(let path, _), .noSpectrum(let path, _):
      path
    case .notPredictable, .claims: nil
    }
  }
}
