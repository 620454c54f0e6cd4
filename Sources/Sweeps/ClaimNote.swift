internal import Files
internal import RunRecords

/// The content of a claim's file: who has the work, and how far it has got.
struct ClaimNote: Sendable, Hashable {
  enum State: String {
    case running
    /// The holder has left the work to others.
    case released
  }

  /// A random id. It names the claim and what its holder writes.
  var id: String
  var host: String
  /// Identifies the boot of the host's running kernel; empty if it has no identifier.
  var boot: String
  var process: Int
  /// Whether the file is locked.
  var isLocked: Bool
  var state = State.running
  /// The last step taken, the first step of this holder, and the step at which the work will end,
  /// as far as is known.
  var step = 0
  var firstStep = 0
  var end: Int?
  /// Seconds from the beginning of the holder's work to `step`.
  var seconds = 0.0
  /// How often the file has been written. A holder that is alive keeps writing it.
  var beats = 0

  /// The size of every such file, in bytes.
  static let size = 1024

  var bytes: [UInt8] {
    let json: CanonicalJSON = [
      "beats": CanonicalJSON(beats), "boot": .string(boot),
      "end": end.map { CanonicalJSON($0) } ?? .null, "first_step": CanonicalJSON(firstStep),
      "host": .string(String(host.prefix(64))), "id": .string(id), "locked": .bool(isLocked),
      "process": CanonicalJSON(process), "seconds": .number(seconds),
      "state": .string(state.rawValue), "step": CanonicalJSON(step),
    ]
    let text = json.utf8
    precondition(text.count < Self.size, "a claim of \(text.count) bytes")
    return text + Array(repeating: UInt8(ascii: " "), count: Self.size - text.count)
  }

  init(id: String, isLocked: Bool) {
    self.id = id
    self.isLocked = isLocked
    host = hostName()
    boot = bootIdentity() ?? ""
    process = Int(processNumber())
  }

  /// Nil for bytes that are not a claim, or not yet.
  init?(_ bytes: [UInt8]) {
    let end = (bytes.lastIndex { $0 != UInt8(ascii: " ") } ?? -1) + 1
    guard let json = try? CanonicalJSON(canonical: Array(bytes[..<end])),
      let id = json["id"]?.stringValue, Self.isID(id),
      let state = json["state"]?.stringValue.flatMap(State.init(rawValue:)),
      let host = json["host"]?.stringValue, let boot = json["boot"]?.stringValue,
      let process = json["process"]?.intValue, case .bool(let isLocked)? = json["locked"],
      let step = json["step"]?.intValue, let firstStep = json["first_step"]?.intValue,
      let seconds = json["seconds"]?.doubleValue, let beats = json["beats"]?.intValue
    else { return nil }
    self.id = id
    self.state = state
    (self.host, self.boot, self.process, self.isLocked) = (host, boot, process, isLocked)
    (self.step, self.firstStep, self.end) = (step, firstStep, json["end"]?.intValue)
    (self.seconds, self.beats) = (seconds, beats)
  }

  /// A new id of 64 random bits.
  static func newID() -> String { ProcessFacts.randomWord() }

  static func isID(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 16 && text.allSatisfy { "0123456789abcdef".contains($0) }
  }
}
