package import Archive
package import RunRecords

/// A file of a bundle, by its path below the root directory. Names are ordered as in the archive
/// (SPEC.md, "Members").
package enum MemberName: Sendable, Hashable {
  case bagDeclaration, bagInfo, manifest, tagManifest, signature
  case readme, config, program, inputList, expected, outcome, environment, repeats, leftOut, crate
  case preview, metrics, hashes, observed, log
  /// By its path below `inputs/`.
  case input(String)
  /// By its path below `results/`.
  case result(String)
  case checkpoint(step: Int)

  /// The members with a fixed name, in order.
  private static let ordered: [MemberName] = [
    .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config, .program,
    .inputList, .expected, .outcome, .environment, .repeats, .leftOut, .crate, .preview, .metrics,
    .hashes, .observed, .log,
  ]

  private static let byPath = Dictionary(uniqueKeysWithValues: ordered.map { ($0.path, $0) })

  /// The members that every bundle of this kind of run has, in order.
  package static func required(of kind: RunKind) -> [MemberName] {
    switch kind {
    case .trainer: requiredOfTrainer
    case .program: requiredOfProgram
    }
  }

  private static let requiredOfTrainer = ordered.filter { $0.isRequired(of: .trainer) }
  private static let requiredOfProgram = ordered.filter { $0.isRequired(of: .program) }

  private func isRequired(of kind: RunKind) -> Bool { self != .signature && belongs(to: kind) }

  /// The greatest step in a checkpoint's name, so that its place in the order is a number. No
  /// config can ask for more.
  private static let greatestStep = Int(clamping: Int64(1) << 53)
  private static let inputFolder = "data/inputs/"
  private static let resultFolder = "data/results/"

  package var path: String {
    switch self {
    case .bagDeclaration: "bagit.txt"
    case .bagInfo: "bag-info.txt"
    case .manifest: "manifest-sha256.txt"
    case .tagManifest: "tagmanifest-sha256.txt"
    case .signature: "tagmanifest-sha256.txt.sig"
    case .readme: "data/README.md"
    case .config: "data/config.json"
    case .program: "data/program.json"
    case .inputList: "data/inputs-sha256.txt"
    case .expected: "data/expected-sha256.txt"
    case .outcome: "data/outcome.json"
    case .environment: "data/environment.json"
    case .repeats: "data/repeats.json"
    case .leftOut: "data/left-out.json"
    case .crate: "data/ro-crate-metadata.json"
    case .preview: "data/ro-crate-preview.html"
    case .metrics: "data/trace/metrics.csv"
    case .hashes: "data/trace/hashes.csv"
    case .observed: "data/trace/observed.csv"
    case .log: "data/log.txt"
    case .input(let path): Self.inputFolder + path
    case .result(let path): Self.resultFolder + path
    case .checkpoint(let step): "data/checkpoints/" + Checkpoint.fileName(step: step)
    }
  }

  /// The member with this path in a bundle of this kind of run; nil for any other path.
  package init?(path: String, of kind: RunKind) {
    guard let name = Self(path: path), name.belongs(to: kind) else { return nil }
    self = name
  }

  private init?(path: String) {
    if let name = Self.byPath[path] {
      self = name
      return
    }
    for (folder, make) in [
      (Self.inputFolder, MemberName.input), (Self.resultFolder, MemberName.result),
    ] where path.hasPrefix(folder) {
      let rest = String(path.dropFirst(folder.utf8.count))
      guard SealedName.fault(in: rest) == nil else { return nil }
      self = make(rest)
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

  /// Whether bundles of this kind of run have it, or may have it.
  private func belongs(to kind: RunKind) -> Bool {
    switch self {
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .expected,
      .outcome, .environment, .crate, .preview, .metrics, .checkpoint:
      true
    case .config, .hashes:
      switch kind {
      case .trainer: true
      case .program: false
      }
    case .program, .inputList, .repeats, .leftOut, .observed, .log, .input, .result:
      switch kind {
      case .trainer: false
      case .program: true
      }
    }
  }

  /// Whether it lies under `data/`, and so is in the manifest.
  package var isPayload: Bool {
    switch self {
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature: false
    case .readme, .config, .program, .inputList, .expected, .outcome, .environment, .repeats,
      .leftOut, .crate, .preview, .metrics, .hashes, .observed, .log, .input, .result, .checkpoint:
      true
    }
  }

  /// Its path in `expected-sha256.txt`, which is relative to `data/`; nil if it cannot be a result.
  package var resultPath: String? {
    switch self {
    case .config, .program, .inputList, .outcome, .metrics, .hashes, .result, .checkpoint:
      String(path.dropFirst("data/".count))
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .expected,
      .environment, .repeats, .leftOut, .crate, .preview, .observed, .log, .input:
      nil
    }
  }

  /// Its place in the order: one place for each fixed name, one for all inputs, one for all
  /// results, one for all checkpoints.
  private var rank: Int {
    switch self {
    case .input: Self.ordered.count
    case .result: Self.ordered.count + 1
    case .checkpoint: Self.ordered.count + 2
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .program, .inputList, .expected, .outcome, .environment, .repeats, .leftOut, .crate,
      .preview, .metrics, .hashes, .observed, .log:
      Self.ordered.firstIndex(of: self)!
    }
  }

  /// The most bytes that it may have.
  package func limit(_ limits: BundleLimits, of kind: RunKind) -> Int {
    switch self {
    case .bagDeclaration, .bagInfo, .tagManifest, .signature, .config: limits.tagFile
    case .manifest, .expected, .inputList, .leftOut: limits.manifest
    case .readme, .program, .outcome, .environment, .preview: limits.document
    case .repeats: limits.repeats
    case .crate: limits.crate
    case .metrics, .hashes, .observed: limits.trace
    case .log: limits.log
    case .input, .result: limits.file
    case .checkpoint:
      switch kind {
      case .trainer: limits.checkpoint
      case .program: limits.file
      }
    }
  }
}

extension MemberName: Comparable {
  package static func < (a: MemberName, b: MemberName) -> Bool {
    switch (a, b) {
    case (.checkpoint(let a), .checkpoint(let b)): a < b
    case (.input(let a), .input(let b)), (.result(let a), .result(let b)): a < b
    default: a.rank < b.rank
    }
  }
}

// MARK: Frames

extension MemberName {
  /// A program's file of at least this many bytes has a frame of its own.
  private static let largeFile = 1 << 20

  /// Whether a frame begins with it.
  ///
  /// - Parameter last: The member before it.
  package func beginsPiece(size: Int, after last: MemberName?, of kind: RunKind) -> Bool {
    switch self {
    case .metrics, .hashes, .observed, .log: true
    case .input, .result: last?.rank != rank || size >= Self.largeFile
    case .checkpoint:
      switch kind {
      case .trainer: true
      case .program: last?.rank != rank || size >= Self.largeFile
      }
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .readme, .config,
      .program, .inputList, .expected, .outcome, .environment, .repeats, .leftOut, .crate,
      .preview:
      false
    }
  }

  private var isCheckpoint: Bool { if case .checkpoint = self { true } else { false } }

  /// The cuts of a bundle with these members.
  package static func framePlan(
    _ members: some Sequence<(name: MemberName, size: Int)>, of kind: RunKind, limit: Int
  ) -> FramePlan {
    var last: MemberName?
    let cuts = members.map { name, size in
      defer { last = name }
      return FramePlan.Member(
        size: size, beginsPiece: name.beginsPiece(size: size, after: last, of: kind),
        isWeights: name.isCheckpoint)
    }
    return FramePlan(members: cuts, limit: limit)
  }
}
