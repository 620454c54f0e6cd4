import Archive
import RunRecords

/// A file of a bundle, by its path below the root directory; rising in the order of the archive (SPEC.md, members).
enum MemberName: Sendable, Hashable {
  case bagDeclaration, bagInfo, manifest, tagManifest, signature
  case readme, config, expected, outcome, environment, crate, preview
  case metrics, hashes
  case checkpoint(step: Int)

  /// Everything but the checkpoints, in order.
  private static let ordered: [MemberName] = [
    .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config, .expected,
    .outcome, .environment, .crate, .preview, .metrics, .hashes,
  ]

  /// What every bundle has, in order.
  static let required = ordered.filter { $0 != .signature }

  /// So that a place in the order is a number; more than a config can ask for.
  private static let greatestStep = 1 << 53

  var path: String {
    switch self {
    case .bagDeclaration: "bagit.txt"
    case .bagInfo: "bag-info.txt"
    case .manifest: "manifest-sha256.txt"
    case .tagManifest: "tagmanifest-sha256.txt"
    case .signature: "tagmanifest-sha256.txt.sig"
    case .readme: "data/README.md"
    case .config: "data/config.json"
    case .expected: "data/expected-sha256.txt"
    case .outcome: "data/outcome.json"
    case .environment: "data/environment.json"
    case .crate: "data/ro-crate-metadata.json"
    case .preview: "data/ro-crate-preview.html"
    case .metrics: "data/trace/metrics.csv"
    case .hashes: "data/trace/hashes.csv"
    case .checkpoint(let step): "data/checkpoints/" + Checkpoint.fileName(step: step)
    }
  }

  /// The member of that path; nil for every other.
  init?(path: String) {
    if let name = Self.ordered.first(where: { $0.path == path }) {
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
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature: false
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
  var beginsPiece: Bool {
    switch self {
    case .metrics, .hashes, .checkpoint: true
    default: false
    }
  }

  var isCheckpoint: Bool { if case .checkpoint = self { true } else { false } }

  /// Its place in the order.
  private var rank: Int {
    if case .checkpoint(let step) = self { return Self.ordered.count + step }
    return Self.ordered.firstIndex(of: self)!
  }

  func limit(_ limits: BundleLimits) -> Int {
    switch self {
    case .bagDeclaration, .bagInfo, .tagManifest, .signature, .config: limits.tagFile
    case .manifest, .expected: limits.manifest
    case .readme, .outcome, .environment, .preview: limits.document
    case .crate: limits.crate
    case .metrics, .hashes: limits.trace
    case .checkpoint: limits.checkpoint
    }
  }
}

extension MemberName: Comparable {
  static func < (a: MemberName, b: MemberName) -> Bool { a.rank < b.rank }
}

extension FramePlan {
  /// The cuts of a bundle with these members.
  init(members: [(name: MemberName, size: Int)], limit: Int) {
    self.init(
      members: members.map { name, size in
        Member(size: size, beginsPiece: name.beginsPiece, isWeights: name.isCheckpoint)
      }, limit: limit)
  }
}
