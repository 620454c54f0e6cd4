public import Files
public import RunRecords

/// Why a program could not be recorded.
public enum ProgramError: Error, Sendable, Hashable {
  /// The request cannot be carried out; `reason` is the whole sentence.
  case request(reason: String)
  /// A program file, a config or a setting is invalid.
  case record(RecordError)
  /// An input is missing or cannot be used; `path` is as it was given.
  case input(path: String, reason: String)
  /// Something that looks like a secret would be published. Each name is in the form that
  /// `--not-secret` takes.
  case secrets([String])
  /// The program, or another one that is needed, could not be started.
  case cannotStart(program: String, reason: String)
  /// A file that the program wrote is not valid as curves or outcome. `line` counts from 1; 0
  /// stands for the whole file. All that the program wrote is in `kept`.
  case written(file: String, line: Int, reason: String, kept: String)
  /// The directory holds something else, or already holds a run.
  case directory(path: String, reason: String)
  case file(FileError)
  /// The program has run, but its record could not be finished. All that the program wrote is in
  /// `kept`.
  case unfinished(FileError, kept: String)
}

extension ProgramError {
  /// Whether the directory is in use, or already holds something.
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

/// Does `work` on the file system, and wraps its error.
func onDisk<Value>(
  _ work: @autoclosure () throws(FileError) -> Value
) throws(ProgramError) -> Value {
  do {
    return try work()
  } catch {
    throw .file(error)
  }
}

/// Does `work` on texts that people write, and wraps its error.
func reading<Value>(
  _ work: @autoclosure () throws(RecordError) -> Value
) throws(ProgramError) -> Value {
  do {
    return try work()
  } catch {
    throw .record(error)
  }
}
