public import Digests

/// A statement about the replay of a sealed run, in in-toto's form for test results (SPEC.md,
/// 3.18). It does not say who states it: the signature beside it does.
public struct ReplayStatement: Sendable, Hashable {
  public enum Verdict: String, Sendable, CaseIterable {
    /// What was compared has the same bits. For a program's run, this holds on the machine of
    /// the person who states it.
    case identical
    /// Something differs, but a declared tolerance or the record's own repeats cover all of it.
    case within
    case different
  }

  /// How much of the run was replayed.
  public enum Extent: Sendable, Hashable {
    case whole
    case sample(segments: Int, of: Int, seed: UInt64)
  }

  /// One thing that differs. It holds no value, and no name that only the record or only the replay
  /// has: those could contain a path, or the name of a machine or a user.
  public struct Difference: Sendable, Hashable {
    /// "column", "checkpoint", "file" and the like.
    public var kind: String
    /// The name of the column, key or file, if both have it; nil if it is longer than
    /// `longestName`.
    public let name: String?
    public var step: Int?
    public var distance: Distance?
    public var ulps: UInt64?

    /// In bytes. It keeps a statement below `largestSize`, whatever names a record has.
    private static let longestName = 255

    public init(
      _ kind: String, name: String? = nil, step: Int? = nil, distance: Distance? = nil,
      ulps: UInt64? = nil
    ) {
      self.kind = kind
      self.name = name.flatMap { $0.utf8.count <= Self.longestName ? $0 : nil }
      self.step = step
      self.distance = distance
      self.ulps = ulps
    }
  }

  /// The program that performed the replay.
  public struct Build: Sendable, Hashable {
    /// "regrok 0.1.0".
    public var software: String
    /// The digest of its file.
    public var digest: Digest
    public var configuration: String
    public var compiler: String

    public init(software: String, digest: Digest, configuration: String, compiler: String) {
      self.software = software
      self.digest = digest
      self.configuration = configuration
      self.compiler = compiler
    }
  }

  public var kind: RunKind
  public var result: Digest
  /// The bundle that was replayed. Other bundles may hold the same result.
  public var bundle: Digest
  /// The digest of the file that says what the run is.
  public var config: Digest
  public var verdict: Verdict
  public var extent: Extent
  /// At most `mostDifferences`. `differing` counts all.
  public var differences: [Difference]
  public var differing: Int
  public var build: Build
  /// What computed: the instructions that the trainer was built for, or for a program's run the
  /// machine's processor.
  public var instructions: String
  /// Nil for a program's run, where it is unknown.
  public var threads: Int?
  /// The number of steps taken. For a program's run: the last step that was compared.
  public var steps: Int?
  /// In UTC, as "2026-11-24".
  public var day: String

  public static let mostDifferences = 20

  /// - Parameter differences: All differences.
  public init(
    kind: RunKind, result: Digest, bundle: Digest, config: Digest, verdict: Verdict,
    extent: Extent, differences: [Difference], build: Build, instructions: String, threads: Int?,
    steps: Int?, day: String
  ) {
    self.kind = kind
    self.result = result
    self.bundle = bundle
    self.config = config
    self.verdict = verdict
    self.extent = extent
    self.differences = Array(differences.prefix(Self.mostDifferences))
    differing = differences.count
    self.build = build
    self.instructions = instructions
    self.threads = threads
    self.steps = steps
    self.day = day
  }
}

// MARK: Writing

extension ReplayStatement {
  private static let type: CanonicalJSON = "https://in-toto.io/Statement/v1"
  private static let predicateType: CanonicalJSON =
    "https://in-toto.io/attestation/test-result/v0.1"

  public var json: CanonicalJSON {
    [
      "_type": Self.type, "predicateType": Self.predicateType,
      "subject": [Self.resource("expected-sha256.txt", result)],
      "predicate": [
        "result": .string(verdict.resultName), .init(verdict.listName): ["replay"],
        "configuration": [
          Self.resource(kind.configName, config),
          Self.resource("tagmanifest-sha256.txt", bundle, replayFacts),
          Self.resource(
            build.software, build.digest,
            [
              "compiler": .string(build.compiler), "configuration": .string(build.configuration),
            ]),
        ],
      ],
    ]
  }

  private static func resource(
    _ name: String, _ digest: Digest, _ annotations: CanonicalJSON? = nil
  ) -> CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = [
      "name": .string(name), "digest": ["sha256": .string(digest.hex)],
    ]
    members["annotations"] = annotations
    return .object(members)
  }

  private var replayFacts: CanonicalJSON {
    var facts: [CanonicalJSON.Key: CanonicalJSON] = [
      "day": .string(day), "differences": .array(differences.map { $0.json }),
      "differing": CanonicalJSON(differing), "extent": "whole",
      "instructions": .string(instructions), "steps": steps.map { CanonicalJSON($0) } ?? .null,
      "threads": threads.map { CanonicalJSON($0) } ?? .null,
      "verdict": .string(verdict.words(of: kind)),
    ]
    if case .sample(let segments, let all, let seed) = extent {
      facts["extent"] = "sample"
      facts["seed"] = .string(String(seed))
      facts["segments"] = CanonicalJSON(segments)
      facts["segments_of_run"] = CanonicalJSON(all)
    }
    return .object(facts)
  }
}

extension ReplayStatement.Verdict {
  fileprivate var resultName: String {
    switch self {
    case .identical: "PASSED"
    case .within: "WARNED"
    case .different: "FAILED"
    }
  }

  fileprivate var listName: String {
    switch self {
    case .identical: "passedTests"
    case .within: "warnedTests"
    case .different: "failedTests"
    }
  }

  /// A program's run that is identical proves that only for one machine.
  public func words(of kind: RunKind) -> String {
    switch (self, kind) {
    case (.identical, .program): "identical on this machine"
    case (.identical, .trainer), (.within, _), (.different, _): rawValue
    }
  }
}

extension RunKind {
  /// The file of a bundle that says what the run is.
  fileprivate var configName: String {
    switch self {
    case .trainer: "config.json"
    case .program: ProgramSpec.fileName
    }
  }
}

extension ReplayStatement.Difference {
  package var json: CanonicalJSON {
    [
      "distance": distance.map { .string("\($0)") } ?? .null, "kind": .string(kind),
      "name": name.map { .string($0) } ?? .null, "step": step.map { CanonicalJSON($0) } ?? .null,
      "ulps": ulps.map { .string(String($0)) } ?? .null,
    ]
  }

  package init?(_ json: CanonicalJSON) {
    guard let kind = json["kind"]?.stringValue else { return nil }
    self.init(
      kind, name: json["name"]?.stringValue, step: json["step"]?.intValue,
      distance: json["distance"]?.stringValue.flatMap { Distance($0) },
      ulps: json["ulps"]?.stringValue.flatMap { UInt64($0) })
  }
}

// MARK: Reading

extension ReplayStatement {
  public static let largestSize = 1 << 16

  /// Reads what `json` could have written, and nothing else. What was read is written again and
  /// must be the same.
  public init(canonical text: [UInt8]) throws(RecordError) {
    let json = try CanonicalJSON(canonical: text)
    guard json["_type"] == Self.type, json["predicateType"] == Self.predicateType else {
      throw .notJSON(reason: "it is no in-toto statement on the result of a test")
    }
    guard let statement = Self(reading: json), statement.json == json else {
      throw .notJSON(reason: "it is no statement on a replay in the form of SPEC.md, 3.18")
    }
    self = statement
  }

  private init?(reading json: CanonicalJSON) {
    guard case .array(let subjects)? = json["subject"], let subject = subjects.first,
      case .array(let resources)? = json["predicate"]?["configuration"], resources.count == 3,
      let result = Self.digest(of: subject), let config = Self.digest(of: resources[0]),
      let bundle = Self.digest(of: resources[1]), let program = Self.digest(of: resources[2]),
      let kind = RunKind.allCases.first(where: { .string($0.configName) == resources[0]["name"] }),
      let facts = resources[1]["annotations"], let annotations = resources[2]["annotations"],
      let software = resources[2]["name"]?.stringValue,
      let configuration = annotations["configuration"]?.stringValue,
      let compiler = annotations["compiler"]?.stringValue,
      let verdict = Verdict.allCases.first(where: {
        .string($0.words(of: kind)) == facts["verdict"]
      }),
      case .array(let items)? = facts["differences"], let differing = facts["differing"]?.intValue,
      let instructions = facts["instructions"]?.stringValue, let day = facts["day"]?.stringValue
    else { return nil }
    let extent: Extent
    switch facts["extent"] {
    case "whole": extent = .whole
    case "sample":
      guard let segments = facts["segments"]?.intValue,
        let all = facts["segments_of_run"]?.intValue,
        let seed = facts["seed"]?.stringValue.flatMap({ UInt64($0) })
      else { return nil }
      extent = .sample(segments: segments, of: all, seed: seed)
    default: return nil
    }
    self.init(
      kind: kind, result: result, bundle: bundle, config: config, verdict: verdict,
      extent: extent, differences: items.compactMap(Difference.init),
      build: Build(
        software: software, digest: program, configuration: configuration, compiler: compiler),
      instructions: instructions, threads: facts["threads"]?.intValue,
      steps: facts["steps"]?.intValue, day: day)
    self.differing = differing
    guard (verdict == .identical) == (differing == 0), differing >= differences.count else {
      return nil
    }
  }

  private static func digest(of resource: CanonicalJSON) -> Digest? {
    resource["digest"]?["sha256"]?.stringValue.flatMap { Digest(hex: $0) }
  }
}
