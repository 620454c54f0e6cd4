/// Why a record of a run could not be read.
public enum RecordError: Error, Sendable, Hashable {
  /// Text that should be canonical JSON is not.
  case notJSON(reason: String)
  /// A config names a key that does not exist, lacks one, or gives it an impossible value.
  /// `place` is "file:line" where known.
  case config(place: String, key: String, reason: String)
  /// A line of a trace is not what the format asks; `line` counts from 1.
  case trace(file: String, line: Int, reason: String)
  /// A checkpoint's file is not the canonical safetensors form; `reason` says of the file what is wrong.
  case checkpoint(reason: String)
}

extension RecordError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notJSON(let reason): reason
    case .config(let place, let key, let reason):
      place.isEmpty ? "\(key): \(reason)" : "\(place): \(key): \(reason)"
    case .trace(let file, let line, let reason): "\(file):\(line): \(reason)"
    case .checkpoint(let reason): reason
    }
  }
}
