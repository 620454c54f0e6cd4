import Archive
import ArchiveFiles
import BundleChecks
import Digests
private import Files
import RunRecords
private import Synchronization

/// A finished run, read for packing: the small files whole, the large ones by their digests.
struct FinishedRun {
  /// Content that goes into the bundle as it is.
  struct Source: Sendable {
    enum Content: Sendable {
      case bytes([UInt8])
      case file(path: String)
      case member(SealedMember)
    }

    var content: Content
    var size: Int
    var digest: Digest

    init(_ file: BundleFile) throws(BundleError) {
      content = .file(path: file.path)
      size = file.size
      digest = try file.digest()
    }

    /// Content whose digest is known.
    init(_ content: Content, size: Int, digest: Digest) {
      self.content = content
      self.size = size
      self.digest = digest
    }

    init(_ bytes: [UInt8]) {
      content = .bytes(bytes)
      size = bytes.count
      digest = Digest(of: bytes)
    }
  }

  let runID: String
  let spec: RunSpec
  let trace: Trace
  let outcome: Outcome
  let performance: Performance
  /// The program that performed it, e.g. "regrok 0.1.0".
  let tool: String
  /// Everything under `data/` except the files that packing writes.
  let sources: [MemberName: Source]
  /// The list of results, including those that are not here.
  let results: Manifest
  /// The steps whose checkpoints the run keeps.
  let checkpointSteps: [Int]

  /// Whether checkpoints that the run keeps are missing here.
  var isThin: Bool { checkpointSteps.contains { sources[.checkpoint(step: $0)] == nil } }

  init(directory: String) throws(BundleError) {
    let reader = try RunDirectoryReader(path: directory)
    performance = try Performance(directory: directory)
    tool = Self.tool(reader.environment)
    spec = reader.spec
    runID = spec.runID
    trace = reader.trace
    outcome = reader.outcome!
    checkpointSteps = reader.checkpointSteps
    sources = try Self.sources(reader)
    results = Self.results(sources)
  }

  /// From a bundle that has been verified.
  init(_ reader: BundleReader) throws(BundleError) {
    performance = try Performance(reader)
    (spec, outcome) = try reader.trainer()
    runID = spec.runID
    trace = try reader.trace()
    checkpointSteps = reader.expected.checkpointSteps
    results = reader.expected
    var sources: [MemberName: Source] = [:]
    for name in [MemberName.config, .outcome, .environment, .metrics, .hashes] {
      sources[name] = Source(try reader.read(name.path))
    }
    tool = Self.tool(
      try CanonicalJSON(member: .environment, try reader.read(MemberName.environment.path)))
    for step in reader.checkpointSteps {
      let name = MemberName.checkpoint(step: step)
      sources[name] = try reader.source(of: name)
    }
    self.sources = sources
  }

  /// From a run that has no directory.
  init(_ run: PerformedRun) {
    performance = Performance(run)
    tool = Self.tool(run.environment)
    spec = run.spec
    runID = spec.runID
    trace = run.trace
    outcome = run.outcome
    checkpointSteps = run.checkpoints.map(\.step)
    var sources: [MemberName: Source] = [
      .config: Source(spec.canonicalJSON.utf8), .outcome: Source(outcome.json.utf8),
      .environment: Source(run.environment.utf8), .metrics: Source(trace.metricsCSV),
      .hashes: Source(trace.hashesCSV),
    ]
    for checkpoint in run.checkpoints {
      sources[.checkpoint(step: checkpoint.step)] = Source(
        Safetensors.encode(checkpoint, runID: runID, numerics: spec.numerics))
    }
    self.sources = sources
    results = Self.results(sources)
  }

  private static func results(_ sources: [MemberName: Source]) -> Manifest {
    Manifest(
      sources.keys.filter { $0.resultPath != nil }.sorted()
        .map { .init(digest: sources[$0]!.digest, path: $0.resultPath!) })
  }

  private static func tool(_ environment: CanonicalJSON?) -> String {
    environment?["tool"]?.stringValue ?? "\(Software.name) \(Software.version)"
  }

  private static func sources(
    _ reader: RunDirectoryReader
  ) throws(BundleError) -> [MemberName: Source] {
    var sources: [MemberName: Source] = [:]
    let names: [MemberName] =
      [.config, .outcome, .environment, .metrics, .hashes]
      + reader.checkpointSteps.map { .checkpoint(step: $0) }
    let results = Mutex([Result<Source, BundleError>?](repeating: nil, count: names.count))
    Concurrency.perform(names.count) { index in
      let result = Result { () throws(BundleError) in
        let file = try reader.file(of: names[index])
        return try Source(file)
      }
      results.withLock { $0[index] = result }
    }
    for (name, result) in zip(names, results.withLock { $0 }) { sources[name] = try result?.get() }
    return sources
  }
}

/// A member of a bundle that has been verified.
struct SealedMember: PlacedBytes {
  let path: String
  let reader: BundleReader

  func bytes(_ range: Range<Int>) throws(BundleError) -> [UInt8] {
    try reader.bytes(of: path, range)
  }
}

extension BundleReader {
  /// A member as the source for another bundle.
  func source(of name: MemberName) throws(BundleError) -> FinishedRun.Source {
    guard let digest = digests[name.path] else { throw .noSuchMember(name: name.path) }
    return .init(
      .member(SealedMember(path: name.path, reader: self)), size: try size(of: name.path),
      digest: digest)
  }
}
