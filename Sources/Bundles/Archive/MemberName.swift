import RunRecords

/// A file of a bundle, by its path below the root directory; rising in the order of the archive (SPEC.md, members).
enum MemberName: Sendable, Hashable {
  case bagDeclaration, bagInfo, manifest, tagManifest
  case readme, config, expected, outcome, environment
  case metrics, hashes
  case checkpoint(step: Int)

  /// Everything but the checkpoints, in order; every bundle has all of them.
  static let required: [MemberName] = [
    .bagDeclaration, .bagInfo, .manifest, .tagManifest, .readme, .config, .expected, .outcome,
    .environment, .metrics, .hashes,
  ]

  /// So that a place in the order is a number; more than a config can ask for.
  private static let greatestStep = 1 << 53

  var path: String {
    switch self {
    case .bagDeclaration: "bagit.txt"
    case .bagInfo: "bag-info.txt"
    case .manifest: "manifest-sha256.txt"
    case .tagManifest: "tagmanifest-sha256.txt"
    case .readme: "data/README.md"
    case .config: "data/config.json"
    case .expected: "data/expected-sha256.txt"
    case .outcome: "data/outcome.json"
    case .environment: "data/environment.json"
    case .metrics: "data/trace/metrics.csv"
    case .hashes: "data/trace/hashes.csv"
    case .checkpoint(let step): "data/checkpoints/" + Checkpoint.fileName(step: step)
    }
  }

  /// The member of that path; nil for every other.
  init?(path: String) {
    if let name = Self.required.first(where: { $0.path == path }) {
      self = name
      return
    }
    let prefix = "data/checkpoints/step-"
    guard path.hasPrefix(prefix), path.hasSuffix(".safetensors"),
      let step = Int(path.dropFirst(prefix.count).dropLast(".safetensors".count)),
      (0...Self.greatestStep).contains(step)
    else { return nil }
    self = .checkpoint(step: step)
    guard self.path == path else { return nil }
  }

  /// Whether it lies under `data/`, and so in the manifest.
  var isPayload: Bool {
    switch self {
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest: false
    default: true
    }
  }

  /// Its path in `expected-sha256.txt`, if it is a result: below `data/`.
  var resultPath: String? {
    switch self {
    case .config, .outcome, .metrics, .hashes, .checkpoint: String(path.dropFirst("data/".count))
    default: nil
    }
  }

  /// Whether a frame of its own begins with it.
  var beginsFrame: Bool {
    switch self {
    case .metrics, .hashes, .checkpoint: true
    default: false
    }
  }

  /// Its place in the order.
  private var rank: Int {
    if case .checkpoint(let step) = self { return Self.required.count + step }
    return Self.required.firstIndex(of: self)!
  }

  func limit(_ limits: BundleLimits) -> Int {
    switch self {
    case .bagDeclaration, .bagInfo, .tagManifest, .config: limits.tagFile
    case .manifest, .expected: limits.manifest
    case .readme, .outcome, .environment: limits.document
    case .metrics, .hashes: limits.trace
    case .checkpoint: limits.checkpoint
    }
  }
}

extension MemberName: Comparable {
  static func < (a: MemberName, b: MemberName) -> Bool { a.rank < b.rank }
}
