internal import Files
internal import RunRecords

/// What the file of a claim says: who has the work, and how far it has come.
struct ClaimNote: Sendable, Hashable {
  enum State: String {
    case running
    /// Whoever had it has left it to others.
    case released
  }

  /// Random; names the claim and what is written by its holder.
  var id: String
  var host: String
  /// Names the running kernel of the host; empty where it has no name.
  var boot: String
  var process: Int
  /// Whether the file is held with a lock.
  var isLocked: Bool
  var state = State.running
  /// The step that has been taken, the first of this holder, and the one at which it will end as
  /// far as is known.
  var step = 0
  var firstStep = 0
  var end: Int?
  /// Since the holder began, at the step.
  var seconds = 0.0
  /// How often it has been written; a holder that lives writes it again.
  var beats = 0

  /// The bytes of each such file.
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

  /// Nil for bytes that are no claim, or not yet.
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

  /// A new name of 64 random bits.
  static func newID() -> String { ProcessFacts.randomWord() }

  static func isID(_ text: some StringProtocol) -> Bool {
    text.utf8.count == 16 && text.allSatisfy { "0123456789abcdef".contains($0) }
  }
}
