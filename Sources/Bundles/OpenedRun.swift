public import Archive
import ArchiveFiles
private import Files
public import RunRecords

/// A run of any kind, for those who take all kinds.
public enum OpenedRun: Sendable {
  case trainer(RecordedRun)
  case program(RecordedProgram)

  /// Opens a bundle, or the directory of a run. If a bundle's lists of digests lie there, the
  /// trainer's records, or all files of a program's run, are compared with them.
  ///
  /// - Parameter unfinished: Whether the trainer's run in a directory may still be going on.
  public init(opening path: String, unfinished: Bool = false) throws(BundleError) {
    if try onDisk(try Disk().isDirectory(path)) {
      let unpacked = try UnpackedBundle(at: path)
      let directory = unpacked?.runDirectory ?? path
      guard try ProgramDirectoryReader.isOne(directory) else {
        self = .trainer(try RecordedRun(opening: path, unfinished: unfinished))
        return
      }
      // The reader takes the digest of every file anyway.
      try unpacked?.check()
      do throws(BundleError) {
        self = .program(RecordedProgram(try ProgramDirectoryReader(path: directory)))
      } catch {
        throw error.inRunDirectory
      }
      return
    }
    do throws(BundleError) {
      let reader = try BundleReader(path: path)
      switch reader.kind {
      case .trainer: self = .trainer(try RecordedRun(reader))
      case .program: self = .program(try RecordedProgram(reader))
      }
    } catch {
      throw error.at(path)
    }
  }

  public var kind: RunKind {
    switch self {
    case .trainer: .trainer
    case .program: .program
    }
  }

  public var path: String {
    switch self {
    case .trainer(let run): run.path
    case .program(let run): run.path
    }
  }

  public var runID: String {
    switch self {
    case .trainer(let run): run.runID
    case .program(let run): run.runID
    }
  }

  /// The curves that are compared.
  public var table: TraceTable {
    switch self {
    case .trainer(let run): run.trace.table
    case .program(let run): run.metrics
    }
  }

  /// Nil for a run directory.
  public var identities: BundleIdentity? {
    switch self {
    case .trainer(let run): run.identities
    case .program(let run): run.identities
    }
  }

  /// What tells runs apart: the config. For a program's run the program's name is added under
  /// `program`, unless the config has that key.
  public var config: CanonicalJSON {
    switch self {
    case .trainer(let run): return run.config
    case .program(let run):
      var members: [CanonicalJSON.Key: CanonicalJSON] = [:]
      if case .object(let config)? = run.spec.config { members = config }
      if members["program"] == nil { members["program"] = .string(run.name) }
      return .object(members)
    }
  }

  /// The content of `outcome.json`.
  public var outcome: CanonicalJSON {
    switch self {
    case .trainer(let run): run.outcome
    case .program(let run): run.outcome.json
    }
  }
}
