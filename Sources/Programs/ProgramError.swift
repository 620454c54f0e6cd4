public import Files
public import RunRecords

/// Why a program could not be recorded.
public enum ProgramError: Error, Sendable, Hashable {
  /// What was asked for cannot be done as it stands; `reason` is the whole sentence.
  case request(reason: String)
  /// A program file, a config or a setting is not as it has to be.
  case record(RecordError)
  /// An input is not there, or cannot be taken; `path` is as it was given.
  case input(path: String, reason: String)
  /// What looks like a secret would be published; each is named as `--not-secret` takes it.
  case secrets([String])
  /// The program, or one that is needed beside it, could not be started.
  case cannotStart(program: String, reason: String)
  /// A file that the program wrote is not the curves or the outcome that it is to be; `line` counts
  /// from 1, 0 is the whole file. All it wrote is in `kept`.
  case written(file: String, line: Int, reason: String, kept: String)
  /// The directory holds something else, or a run already.
  case directory(path: String, reason: String)
  case file(FileError)
  /// The program has run and its record could not be finished; all it wrote is in `kept`.
  case unfinished(FileError, kept: String)
}

extension ProgramError {
  /// Whether another process has the directory, or has had it.
  package var isOfTakenDirectory: Bool {
    switch self {
    case .directory, .file(.busy): true
    case .request, .record, .input, .secrets, .cannotStart, .written, .file, .unfinished: false
    }
  }
}

extension ProgramError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .request(let reason): reason
    case .record(let error): "\(error)"
    case .input(let path, let reason): "\(path): \(reason)"
    case .secrets(let names):
      "these look like secrets, and would be published: \(names.joined(separator: ", ")); leave "
        + "them out, or name each with --not-secret"
    case .cannotStart(let program, let reason): "cannot start \(program): \(reason)"
    case .written(let file, let line, let reason, let kept):
      "\(file):" + (line > 0 ? "\(line):" : "") + " \(reason)"
        + (kept.isEmpty ? "" : "; all that the program wrote is in \(kept)")
    case .directory(let path, let reason): "\(path): \(reason)"
    case .file(.busy(let path)): "\(path): another process is recording there"
    case .file(let error): "\(error)"
    case .unfinished(let error, let kept):
      "\(error); the record is not finished, and all that the program wrote is in \(kept)"
    }
  }
}

/// Does `work` on the file system.
func onDisk<Value>(
  _ work: @autoclosure () throws(FileError) -> Value
) throws(ProgramError) -> Value {
  do {
    return try work()
  } catch {
    throw .file(error)
  }
}

/// Does `work` on texts of people.
func reading<Value>(
  _ work: @autoclosure () throws(RecordError) -> Value
) throws(ProgramError) -> Value {
  do {
    return try work()
  } catch {
    throw .record(error)
  }
}
