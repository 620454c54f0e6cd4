private import Files
internal import RunRecords

/// The content of `run.json`: when and how a run was performed. Not a result.
struct RunLog {
  var started: String
  var ended: String?
  var host: String
  var command: [String]
  var threads: Int
  /// When the run was resumed after an interruption, and from which step.
  var resumes: [(time: String, step: Int)] = []

  init(command: [String], threads: Int) {
    started = currentTime()
    host = hostName()
    self.command = command
    self.threads = threads
  }

  var json: CanonicalJSON {
    [
      "started": .string(started),
      "ended": ended.map { .string($0) } ?? .null,
      "host": .string(host),
      "command": .array(command.map { .string($0) }),
      "threads": CanonicalJSON(threads),
      "resumes": .array(
        resumes.map { ["time": .string($0.time), "step": CanonicalJSON($0.step)] }),
    ]
  }

  /// Takes over the beginning from the log of an earlier process. A log that cannot be read is
  /// ignored, as it is not a result.
  mutating func continues(_ bytes: [UInt8]?, from step: Int) {
    resumes = [(started, step)]
    guard let bytes, let json = try? CanonicalJSON(canonical: bytes) else { return }
    if let first = json["started"]?.stringValue { started = first }
    guard case .array(let entries)? = json["resumes"] else { return }
    let earlier = entries.compactMap { entry -> (String, Int)? in
      guard let time = entry["time"]?.stringValue, let step = entry["step"]?.intValue else {
        return nil
      }
      return (time, step)
    }
    resumes = earlier + resumes
  }
}
