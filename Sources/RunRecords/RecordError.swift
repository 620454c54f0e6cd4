/// Why a record of a run could not be read.
public enum RecordError: Error, Sendable, Hashable {
  /// Text that should be canonical JSON is not.
  case notJSON(reason: String)
  /// A config names a key that does not exist, lacks one, or gives it an impossible value.
  /// `place` is "file:line" where known.
  /// `key` is empty where no key is concerned.
  case config(place: String, key: String, reason: String)
  /// A config asks for a version of the arithmetic that this program does not have.
  case unknownNumerics(version: Int)
  /// A record's config has a key or a name that this program does not know. Another version may.
  case unknownConfig(key: String, reason: String)
  /// A line of a trace is not in the form that the format requires; `line` counts from 1.
  case trace(file: String, line: Int, reason: String)
  /// A checkpoint's file is not in the canonical safetensors form; `reason` says what is wrong with
  /// the file.
  case checkpoint(reason: String)
  /// A file of a program's run is not in its required form; `key` is empty where no key is
  /// concerned.
  case program(file: String, key: String, reason: String)
}

extension RecordError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notJSON(let reason): reason
    case .config(let place, let key, let reason):
      [place, key, reason].filter { !$0.isEmpty }.joined(separator: ": ")
    case .unknownNumerics(let version):
      "numerics: this program has version 1 of the arithmetic, not \(version)"
    case .unknownConfig(let key, let reason):
      "a config this program does not know: \(key): \(reason)"
    case .trace(let file, let line, let reason): "\(file):\(line): \(reason)"
    case .checkpoint(let reason): reason
    case .program(let file, let key, let reason):
      [file, key, reason].filter { !$0.isEmpty }.joined(separator: ": ")
    }
  }
}
