private import Files
internal import RunRecords

/// The content of `run.json`: when and how a program was run. It is not a result, and is never
/// sealed.
struct ProgramLog {
  let started = currentTime()
  var ended: String?
  var seconds: Double?
  let command: [String]

  init(command: [String]) { self.command = command }

  var json: CanonicalJSON {
    [
      "started": .string(started), "ended": ended.map { .string($0) } ?? .null,
      "seconds": CanonicalJSON(finite: seconds), "host": .string(hostName()),
      "command": .array(command.map { .string($0) }),
    ]
  }
}
