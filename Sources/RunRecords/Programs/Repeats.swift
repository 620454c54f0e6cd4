/// How far a program differs from itself, `repeats.json`: its first run compared with repeats of
/// it.
public enum Repeats: Sendable, Hashable {
  case notMeasured
  case measured(Measured)

  public struct Measured: Sendable, Hashable {
    /// The number of runs, including the first.
    public var count: Int
    /// The last step that was repeated, if only the beginning was. Files and outcome are not
    /// compared then.
    public var steps: Int?
    public var spread: Spread
    /// Repeats with other settings, one by one. They do not count in the spread.
    public var varied: [Variation]

    public init(count: Int, steps: Int? = nil, spread: Spread, varied: [Variation] = []) {
      self.count = count
      self.steps = steps
      self.spread = spread
      self.varied = varied
    }
  }

  /// One repeat under another setting.
  public struct Variation: Sendable, Hashable {
    /// An environment variable, or `config.KEY`.
    public var name: String
    public var value: String
    public var spread: Spread

    public init(name: String, value: String, spread: Spread) {
      self.name = name
      self.value = value
      self.spread = spread
    }
  }

  /// What differed between the first run and its repeats.
  public struct Spread: Sendable, Hashable {
    /// Every column that was compared; nil means identical.
    public var columns: [CanonicalJSON.Key: ColumnSpread?]
    /// Whether all repeats have the steps and columns of the first run.
    public var hasSameSteps: Bool
    public var files: [CanonicalJSON.Key: FileAgreement]
    public var outcome: [CanonicalJSON.Key: Agreement]
    /// How the programs ended; nil if that was not compared.
    public var ending: Agreement?

    public init(
      columns: [CanonicalJSON.Key: ColumnSpread?] = [:], hasSameSteps: Bool = true,
      files: [CanonicalJSON.Key: FileAgreement] = [:],
      outcome: [CanonicalJSON.Key: Agreement] = [:], ending: Agreement? = nil
    ) {
      self.columns = columns
      self.hasSameSteps = hasSameSteps
      self.files = files
      self.outcome = outcome
      self.ending = ending
    }
  }

  /// A column in which a repeat differed from the first run.
  public struct ColumnSpread: Sendable, Hashable {
    /// The first step at which a repeat differed.
    public var first: Int
    /// The largest distance between any repeat and the first run.
    public var largest: Distance
    /// The number of rows that differ in at least one repeat.
    public var rows: Int

    public init(first: Int, largest: Distance, rows: Int) {
      self.first = first
      self.largest = largest
      self.rows = rows
    }
  }

  public enum Agreement: String, Sendable, CaseIterable { case identical, differs }

  /// What happened to a file in the repeats: the last of these cases that is true of any repeat.
  public enum FileAgreement: String, Sendable, CaseIterable {
    case identical, differs
    /// A repeat did not write it.
    case missing
    /// Only a repeat wrote it.
    case added
  }

  public static let fileName = "repeats.json"
  public static let largestSize = 16 << 20
  static let most = 1 << 20
}

// MARK: JSON

extension Repeats {
  public var bytes: [UInt8] { json.utf8 }

  public var json: CanonicalJSON {
    switch self {
    case .notMeasured: return ["measured": false]
    case .measured(let measured):
      var members = measured.spread.members
      members["measured"] = true
      members["count"] = CanonicalJSON(measured.count)
      members["steps"] = measured.steps.map { CanonicalJSON($0) } ?? .null
      members["varied"] = .array(
        measured.varied.map { variation in
          var members = variation.spread.members
          members["name"] = .string(variation.name)
          members["value"] = .string(variation.value)
          return .object(members)
        })
      return .object(members)
    }
  }

  /// Reads the bytes of `repeats.json`.
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
    let isMeasured = json["measured"] == true
    let object = try RecordObject(
      json, file: Self.fileName,
      keys: isMeasured ? ["measured", "count", "steps", "varied"] + Spread.keys : ["measured"])
    guard isMeasured else {
      _ = try object.flag("measured")
      self = .notMeasured
      return
    }
    guard case .array(let items) = object["varied"] else {
      throw object.refusal("varied", "must be a list")
    }
    var varied: [Variation] = []
    for item in items {
      let inner = try RecordObject(
        item, file: Self.fileName, at: "varied", keys: ["name", "value"] + Spread.keys)
      varied.append(
        Variation(
          name: try inner.text("name"), value: try inner.text("value"),
          spread: try Spread(inner)))
    }
    self = .measured(
      Measured(
        count: try object.integer("count", in: 1...Self.most),
        steps: object.isNull("steps")
          ? nil : try object.integer("steps", in: 0...Int(clamping: Int64(1) << 53)),
        spread: try Spread(object), varied: varied))
    guard self.json == json else {
      throw .program(file: Self.fileName, key: "", reason: "a value is not spelt as records do")
    }
  }
}

extension Repeats.Spread {
  fileprivate static let keys: [CanonicalJSON.Key] = [
    "columns", "same_steps", "files", "outcome", "ending",
  ]

  fileprivate var members: [CanonicalJSON.Key: CanonicalJSON] {
    [
      "columns": .object(columns.mapValues { $0?.json ?? .null }),
      "same_steps": .bool(hasSameSteps),
      "files": .object(files.mapValues { .string($0.rawValue) }),
      "outcome": .object(outcome.mapValues { .string($0.rawValue) }),
      "ending": ending.map { .string($0.rawValue) } ?? .null,
    ]
  }

  fileprivate init(_ object: RecordObject) throws(RecordError) {
    func inner(_ key: CanonicalJSON.Key) throws(RecordError) -> RecordObject {
      try RecordObject(object[key], file: object.file, at: object.path(key))
    }
    func word<Word: RawRepresentable & CaseIterable>(
      _ key: CanonicalJSON.Key, of object: RecordObject
    ) throws(RecordError) -> Word where Word.RawValue == String {
      guard let word = object[key].stringValue.flatMap(Word.init(rawValue:)) else {
        throw object.refusal(key, "must be \(ConfigFields.list(Word.allCases.map { $0.rawValue }))")
      }
      return word
    }
    self.init(
      hasSameSteps: try object.flag("same_steps"),
      ending: object.isNull("ending") ? nil : try word("ending", of: object))
    let columns = try inner("columns")
    for name in columns.members.keys.sorted() {
      self.columns[name] = .some(
        columns.isNull(name) ? nil : try Repeats.ColumnSpread(columns, name))
    }
    let (files, outcome) = (try inner("files"), try inner("outcome"))
    for name in files.members.keys.sorted() { self.files[name] = try word(name, of: files) }
    for name in outcome.members.keys.sorted() { self.outcome[name] = try word(name, of: outcome) }
  }
}

extension Repeats.ColumnSpread {
  fileprivate var json: CanonicalJSON {
    [
      "first": CanonicalJSON(first), "largest": .string(largest.description),
      "rows": CanonicalJSON(rows),
    ]
  }

  fileprivate init(_ object: RecordObject, _ name: CanonicalJSON.Key) throws(RecordError) {
    let inner = try RecordObject(
      object[name], file: object.file, at: object.path(name), keys: ["first", "largest", "rows"])
    guard let largest = Distance(try inner.text("largest")) else {
      throw inner.refusal("largest", "must be a distance")
    }
    self.init(
      first: try inner.integer("first", in: 0...Int(clamping: Int64(1) << 53)), largest: largest,
      rows: try inner.integer("rows", in: 1...Int(clamping: Int64(1) << 53)))
  }
}

extension Repeats.Spread {
  /// Whether no repeat differed in anything that is compared.
  public var isIdentical: Bool {
    columns.values.allSatisfy { $0 == nil } && hasSameSteps && ending == .identical
      && files.values.allSatisfy { $0 == .identical }
      && outcome.values.allSatisfy { $0 == .identical }
  }
}
