/// How the runs of a program are compared. It is part of the program's identity, so nobody can
/// widen a tolerance once the result is known.
public struct ComparePolicy: Sendable, Hashable {
  public enum Rule: Sendable, Hashable {
    /// To the last bit.
    case bits
    /// Not at all.
    case ignore
    case tolerance(Tolerance)
  }

  public enum Limit {
    public static let patterns = 100
  }

  /// The rule for every column, key and file without its own rule. For files, a tolerance applies
  /// only to the numbers in those that are read as such (`.safetensors`, `.json`, `.csv`).
  public let standard: Rule
  public let columns: [CanonicalJSON.Key: Rule]
  public let files: [PathPattern: Rule]
  /// The rules by key of the outcome.
  public let outcome: [CanonicalJSON.Key: Rule]

  /// Everything to the last bit.
  public static let bits = ComparePolicy(standard: .bits, columns: [:], files: [:], outcome: [:])

  /// Nil if everything would be ignored, or if there are more than `Limit.patterns` patterns.
  public init?(
    default standard: Rule = .bits, columns: [CanonicalJSON.Key: Rule] = [:],
    files: [PathPattern: Rule] = [:], outcome: [CanonicalJSON.Key: Rule] = [:]
  ) {
    let rules = Array(columns.values) + Array(files.values) + Array(outcome.values)
    guard files.count <= Limit.patterns, ([standard] + rules).contains(where: { $0 != .ignore })
    else { return nil }
    self.init(standard: standard, columns: columns, files: files, outcome: outcome)
  }

  private init(
    standard: Rule, columns: [CanonicalJSON.Key: Rule], files: [PathPattern: Rule],
    outcome: [CanonicalJSON.Key: Rule]
  ) {
    self.standard = standard
    self.columns = columns
    self.files = files
    self.outcome = outcome
    patterns = files.keys.sorted()
  }

  /// The patterns of `files` in the order in which they are tried.
  private let patterns: [PathPattern]
}

// MARK: Rules

extension ComparePolicy {
  public func rule(column name: String) -> Rule { columns[CanonicalJSON.Key(name)] ?? standard }

  public func rule(outcome key: String) -> Rule { outcome[CanonicalJSON.Key(key)] ?? standard }

  /// The rule of the longest pattern that matches. Among patterns of equal length, the one that
  /// sorts first.
  ///
  /// - Parameter path: The path in the record: `results/out/plot.png`,
  ///   `checkpoints/step-00000100.safetensors`.
  public func rule(file path: String) -> Rule {
    patterns.first { $0.matches(path) }.flatMap { files[$0] } ?? standard
  }
}

// MARK: JSON

extension ComparePolicy {
  /// Always has all four keys.
  public var json: CanonicalJSON {
    [
      "default": standard.json,
      "columns": .object(columns.mapValues { $0.json }),
      "files": .object(
        Dictionary(
          uniqueKeysWithValues: files.map { (CanonicalJSON.Key($0.key.text), $0.value.json) })),
      "outcome": .object(outcome.mapValues { $0.json }),
    ]
  }

  /// Reads what `json` has written, and nothing else.
  ///
  /// - Parameters:
  ///   - file: The file's name, for errors.
  ///   - key: The key at which it stands in the file.
  public init(json: CanonicalJSON, file: String, at key: String = "compare") throws(RecordError) {
    let object = try RecordObject(
      json, file: file, at: key, keys: ["default", "columns", "files", "outcome"])
    try self.init(object)
  }

  /// Reads a policy that people have written. Missing rules are the default, to the last bit.
  public init(written json: CanonicalJSON, file: String, at key: String = "compare")
    throws(RecordError)
  {
    let object = try RecordObject(
      json, file: file, at: key, keys: [], optional: ["default", "columns", "files", "outcome"])
    try self.init(object)
  }

  private init(_ object: RecordObject) throws(RecordError) {
    func rules(_ key: CanonicalJSON.Key) throws(RecordError) -> [CanonicalJSON.Key: Rule] {
      guard object.members[key] != nil else { return [:] }
      let rules = try RecordObject(object[key], file: object.file, at: object.path(key))
      var read: [CanonicalJSON.Key: Rule] = [:]
      for name in rules.members.keys.sorted() {
        read[name] = try Rule(json: rules[name], file: object.file, at: rules.path(name))
      }
      return read
    }
    var standard = Rule.bits
    if object.members["default"] != nil {
      standard = try Rule(
        json: object["default"], file: object.file, at: object.path("default"))
    }
    var files: [PathPattern: Rule] = [:]
    for (name, rule) in try rules("files").sorted(by: { $0.key < $1.key }) {
      guard let pattern = PathPattern(name.text) else {
        throw RecordError.program(
          file: object.file, key: object.path("files") + "." + name.text,
          reason: "a pattern is 1 to \(PathPattern.largestSize) characters of printable ASCII")
      }
      files[pattern] = rule
    }
    guard files.count <= Limit.patterns else {
      throw object.refusal("files", "more than \(Limit.patterns) patterns")
    }
    let policy = ComparePolicy(
      default: standard, columns: try rules("columns"), files: files,
      outcome: try rules("outcome"))
    guard let policy else {
      throw object.refusal("default", "is ignore, and nothing else is compared")
    }
    self = policy
  }
}

extension ComparePolicy {
  /// Whether only the ending of a run with these curves, this outcome and these files is compared.
  package func comparesOnlyTheEnding(
    _ metrics: TraceTable, _ outcome: ProgramOutcome, files: some Sequence<String>
  ) -> Bool {
    metrics.columns.isEmpty && outcome.found.isEmpty
      && files.allSatisfy { rule(file: $0) == .ignore }
  }
}

extension ComparePolicy.Rule {
  public var json: CanonicalJSON {
    switch self {
    case .bits: "bits"
    case .ignore: "ignore"
    case .tolerance(let tolerance): tolerance.json
    }
  }

  init(json: CanonicalJSON, file: String, at key: String) throws(RecordError) {
    switch json {
    case "bits": self = .bits
    case "ignore": self = .ignore
    case .object:
      let object = try RecordObject(
        json, file: file, at: key, keys: [], optional: ["absolute", "relative"])
      for name in object.members.keys.sorted() where object[name].doubleValue == nil {
        throw object.refusal(name, "must be a number from 0")
      }
      let tolerance = Tolerance(
        absolute: object["absolute"].doubleValue, relative: object["relative"].doubleValue)
      guard let tolerance else {
        throw .program(
          file: file, key: key, reason: "a tolerance has absolute, relative or both, from 0")
      }
      self = .tolerance(tolerance)
    case .null, .bool, .number, .string, .array:
      throw .program(
        file: file, key: key,
        reason: "must be bits, ignore, or a tolerance: {absolute: 1e-6, relative: 0.01}")
    }
  }
}
