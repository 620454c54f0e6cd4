/// The outcome of a program's run, `outcome.json`: what the program reported, and how it ended.
public struct ProgramOutcome: Sendable, Hashable {
  /// How the program ended.
  public struct Ending: Sendable, Hashable {
    /// The exit status, 0 to 255; nil if a signal ended it or nothing was executed.
    public var status: Int?
    /// For example "SIGKILL"; nil if no signal ended it.
    public var signal: String?
    /// Whether it was ended at its time limit.
    public var timedOut: Bool
    /// Whether its recorder ended it for another reason: a signal, its output limit, or because
    /// enough was seen.
    public var interrupted: Bool

    public init(
      status: Int?, signal: String? = nil, timedOut: Bool = false, interrupted: Bool = false
    ) {
      self.status = status
      self.signal = signal
      self.timedOut = timedOut
      self.interrupted = interrupted
    }

    /// For an adopted run, none of this is known.
    public static let unknown = Ending(status: nil)

    public var isFailure: Bool {
      status.map { $0 != 0 } ?? false || signal != nil || timedOut || interrupted
    }
  }

  /// Strings, finite numbers, booleans and null, by key. NaN and infinities are strings.
  public var found: [CanonicalJSON.Key: CanonicalJSON]
  public var ending: Ending

  /// - Throws: `RecordError.program` for any other value, or a string that is too long.
  public init(found: [CanonicalJSON.Key: CanonicalJSON], ending: Ending) throws(RecordError) {
    for key in found.keys.sorted() {
      if let fault = Self.fault(in: found[key] ?? .null) {
        throw .program(file: Self.fileName, key: key.text, reason: fault)
      }
    }
    self.found = found
    self.ending = ending
  }

  public static let fileName = "outcome.json"
  public static let largestSize = 1 << 20
  public static let longestText = 1000

  /// Why a value cannot stand in an outcome; nil if it can.
  public static func fault(in value: CanonicalJSON) -> String? {
    switch value {
    case .null, .bool, .number: nil
    case .string(let text):
      text.utf8.count <= longestText ? nil : "a text has at most \(longestText) bytes"
    case .array, .object: "an outcome is flat: texts, numbers, true, false and null"
    }
  }
}

extension ProgramOutcome {
  public var bytes: [UInt8] { json.utf8 }

  public var json: CanonicalJSON { ["found": .object(found), "program": ending.json] }

  /// Reads the bytes of `outcome.json`.
  public init(bytes: [UInt8]) throws(RecordError) {
    guard bytes.count <= Self.largestSize else {
      throw .program(
        file: Self.fileName, key: "", reason: "it has more than \(Self.largestSize) bytes")
    }
    do throws(RecordError) {
      try self.init(json: try CanonicalJSON(canonical: bytes))
    } catch .notJSON(let reason) {
      throw .program(file: Self.fileName, key: "", reason: reason)
    }
  }

  /// Reads what `json` has written, and nothing else.
  public init(json: CanonicalJSON) throws(RecordError) {
    let object = try RecordObject(json, file: Self.fileName, keys: ["found", "program"])
    let found = try RecordObject(object["found"], file: Self.fileName, at: "found")
    let program = try RecordObject(
      object["program"], file: Self.fileName, at: "program",
      keys: ["status", "signal", "timeout", "interrupted"])
    let signal = program.isNull("signal") ? nil : try program.text("signal")
    if let signal, !Ending.isSignal(signal) {
      throw program.refusal("signal", "must be the name of a signal")
    }
    let status = program.isNull("status") ? nil : try program.integer("status", in: 0...255)
    guard status == nil || signal == nil else {
      throw program.refusal("status", "must be null where a signal ended the program")
    }
    try self.init(
      found: found.members,
      ending: Ending(
        status: status, signal: signal, timedOut: try program.flag("timeout"),
        interrupted: try program.flag("interrupted")))
  }
}

extension ProgramOutcome.Ending {
  public var json: CanonicalJSON {
    [
      "status": status.map { CanonicalJSON($0) } ?? .null,
      "signal": signal.map { .string($0) } ?? .null, "timeout": .bool(timedOut),
      "interrupted": .bool(interrupted),
    ]
  }

  /// "SIG" and up to 20 capital letters, digits or signs, as in SIGRTMIN+3.
  static func isSignal(_ name: String) -> Bool {
    name.hasPrefix("SIG") && (4...23).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
          UInt8(ascii: "+"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}

extension ProgramOutcome.Ending: CustomStringConvertible {
  /// "ended with 0", "ended by SIGKILL at its time limit".
  public var description: String {
    let end =
      status.map { "ended with \($0)" } ?? signal.map { "ended by \($0)" } ?? "nothing is known"
    return end + (timedOut ? " at its time limit" : "") + (interrupted ? ", interrupted" : "")
  }
}
