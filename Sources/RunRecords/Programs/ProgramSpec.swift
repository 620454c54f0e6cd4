public import Digests

/// What a program's run is, `program.json`. It holds nothing about a machine or a time, and no
/// values of environment variables.
public struct ProgramSpec: Sendable, Hashable {
  /// Where the program writes its curves.
  public struct Metrics: Sendable, Hashable {
    public var file: String
    /// The column or key that holds the step.
    public var step: String

    public init(file: String, step: String) {
      self.file = file
      self.step = step
    }
  }

  /// The arguments, with `{out}`, `{config}` and `{config.KEY}` as they were written. Only an
  /// adopted run may have none.
  public var run: [String]
  /// An object; nil if there is none.
  public var config: CanonicalJSON?
  /// SHA-256 of `inputs-sha256.txt`.
  public var inputs: Digest
  public var compare: ComparePolicy
  /// The names of variables whose values are recorded, sorted by bytes, each once.
  public var environment: [String]
  public var metrics: Metrics?
  /// The file in which the program reports its outcome.
  public var outcome: String?
  /// Whether it ran in a directory that it shared with other files, so that its inputs were not
  /// isolated.
  public var ranHere: Bool
  /// For an adopted run, the digest of its results; nothing was executed.
  public var adopted: Digest?

  public init(
    run: [String], config: CanonicalJSON? = nil, inputs: Digest, compare: ComparePolicy = .bits,
    environment: [String] = [], metrics: Metrics? = nil, outcome: String? = nil,
    ranHere: Bool = false, adopted: Digest? = nil
  ) {
    self.run = run
    self.config = config
    self.inputs = inputs
    self.compare = compare
    self.environment = environment.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    self.metrics = metrics
    self.outcome = outcome
    self.ranHere = ranHere
    self.adopted = adopted
  }

  public static let fileName = "program.json"
  public static let largestSize = 1 << 20
  /// The version of the record. A run recorded with another version has another id.
  public static let formatVersion = 1
}

// MARK: Identity

extension ProgramSpec {
  /// The content of `program.json`.
  public var bytes: [UInt8] { json.utf8 }

  public var runID: String { String(Digest(of: bytes).hex.prefix(16)) }
}

// MARK: JSON

extension ProgramSpec {
  public var json: CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = [
      "kind": "program", "version": CanonicalJSON(Self.formatVersion),
      "run": .array(run.map { .string($0) }), "config": config ?? .null,
      "inputs": .string(inputs.hex), "compare": compare.json,
      "env": .array(environment.map { .string($0) }),
      "metrics": metrics.map { ["file": .string($0.file), "step": .string($0.step)] } ?? .null,
      "outcome": outcome.map { .string($0) } ?? .null,
    ]
    if ranHere { members["here"] = true }
    if let adopted { members["adopted"] = .string(adopted.hex) }
    return .object(members)
  }

  /// Reads the bytes of `program.json`.
  public init(bytes: [UInt8]) throws(RecordError) {
    guard bytes.count <= Self.largestSize else {
      throw .program(
        file: Self.fileName, key: "", reason: "it has more than \(Self.largestSize) bytes")
    }
    let json: CanonicalJSON
    do throws(RecordError) {
      json = try CanonicalJSON(canonical: bytes)
    } catch {
      throw .program(file: Self.fileName, key: "", reason: error.description)
    }
    try self.init(json: json)
  }

  /// Reads what `json` has written, and nothing else.
  public init(json: CanonicalJSON) throws(RecordError) {
    let object = try RecordObject(
      json, file: Self.fileName,
      keys: [
        "kind", "version", "run", "config", "inputs", "compare", "env", "metrics", "outcome",
      ], optional: ["here", "adopted"])
    guard object["kind"] == "program" else {
      throw object.refusal("kind", "must be program")
    }
    guard object["version"] == CanonicalJSON(Self.formatVersion) else {
      throw object.refusal("version", "this program reads version \(Self.formatVersion) only")
    }
    var metrics: Metrics?
    if !object.isNull("metrics") {
      let inner = try RecordObject(
        object["metrics"], file: Self.fileName, at: "metrics", keys: ["file", "step"])
      metrics = Metrics(file: try inner.text("file"), step: try inner.text("step"))
    }
    for key: CanonicalJSON.Key in ["here"] where object.members[key] != nil {
      guard object[key] == true else { throw object.refusal(key, "must be true where it stands") }
    }
    self.init(
      run: try object.texts("run"), config: object.isNull("config") ? nil : object["config"],
      inputs: try object.digest("inputs"),
      compare: try ComparePolicy(json: object["compare"], file: Self.fileName),
      environment: try object.texts("env"), metrics: metrics,
      outcome: object.isNull("outcome") ? nil : try object.text("outcome"),
      ranHere: object.members["here"] != nil,
      adopted: object.members["adopted"] == nil ? nil : try object.digest("adopted"))
    try check()
    guard self.json == json else {
      throw object.refusal("env", "must be sorted")
    }
  }

  /// Checks every rule that the types do not enforce, so that it can be written and read.
  ///
  /// - Throws: `RecordError.program`, which names the key.
  public func check() throws(RecordError) {
    func refusal(_ key: String, _ reason: String) -> RecordError {
      .program(file: Self.fileName, key: key, reason: reason)
    }
    guard adopted != nil || !(run.first ?? "").isEmpty else {
      throw refusal("run", "must name a program")
    }
    for text in run + environment where text.utf8.contains(0) {
      throw refusal(environment.contains(text) ? "env" : "run", "has a NUL")
    }
    switch config {
    case nil, .object: break
    case .null, .bool, .number, .string, .array:
      throw refusal("config", "must be an object of keys and values, or null")
    }
    for (index, name) in environment.enumerated() {
      guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")) else {
        throw refusal("env", "\"\(name)\" cannot be the name of a variable")
      }
      if index > 0, name.utf8.elementsEqual(environment[index - 1].utf8) {
        throw refusal("env", "\(name) stands twice")
      }
    }
    for (key, file) in [("metrics.file", metrics?.file), ("outcome", outcome)] {
      if let fault = file.flatMap({ SealedName.fault(in: $0) }) {
        throw refusal(key, "is no name of a file to be sealed: \(fault)")
      }
    }
    if let step = metrics?.step, step != "step", let fault = TraceTable.fault(inName: step) {
      throw refusal("metrics.step", fault)
    }
    guard bytes.count <= Self.largestSize else {
      throw refusal("", "it has more than \(Self.largestSize) bytes")
    }
  }
}
