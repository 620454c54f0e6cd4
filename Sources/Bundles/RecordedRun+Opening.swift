public import Archive
import ArchiveFiles
import BundleChecks
import RunRecords

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

extension RecordedRun {
  /// Opens a bundle, or the directory of a run. No file stays open.
  ///
  /// The records are checked against each other. For a bundle, these are the records in its first
  /// frames and the trace; they are checked against its manifest too. So are those in a directory
  /// that has a bundle's lists of digests. Checkpoints are read only when they are asked for.
  ///
  /// - Parameter unfinished: Whether the run in a directory may still be going on. Its outcome is
  ///   then that of the rows so far, without a stop reason and without V before the first update.
  public init(opening path: String, unfinished: Bool = false) throws(BundleError) {
    var status = stat()
    if unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR {
      let unpacked = try UnpackedBundle(at: path)
      try unpacked?.checkRecords()
      try self.init(
        try RunDirectoryReader(path: unpacked?.runDirectory ?? path, unfinished: unfinished),
        unpacked)
    } else {
      do {
        try self.init(try BundleReader(path: path))
      } catch {
        throw error.at(path)
      }
    }
  }

  init(_ reader: BundleReader) throws(BundleError) {
    let path = reader.path
    let identity = reader.identity
    /// Opens the bundle again each time, so that thousands of runs can be in use; it must be the
    /// same one.
    @Sendable func reopened() throws(BundleError) -> BundleReader {
      let reader = try BundleReader(path: path)
      guard reader.identity == identity else {
        throw .damaged(.changed, "the file was replaced while it was read")
      }
      return reader
    }
    let (spec, outcome) = try reader.trainer()
    let stored = Set(reader.checkpointSteps)
    let checkpoints = zip(reader.expected.checkpointSteps, reader.expected.entries.dropFirst(4))
      .map { KeptCheckpoint(step: $0, digest: $1.digest, isStored: stored.contains($0)) }
    let environment: CanonicalJSON
    let bytes = try reader.read(MemberName.environment.path)
    do {
      environment = try CanonicalJSON(canonical: bytes)
    } catch {
      throw .damaged(.json, member: MemberName.environment.path, detail: error.description)
    }
    self.init(
      path: path,
      identities: identity,
      config: spec.canonicalJSON, trace: try reader.trace(), outcome: outcome.json,
      environment: environment, checkpoints: checkpoints, sizeInBytes: reader.fileBytes,
      verify: { progress throws(BundleError) in
        do throws(BundleError) {
          _ = try reopened().verify(progress: progress)
        } catch {
          throw error.at(path)
        }
      },
      readCheckpoint: { step throws(BundleError) in
        do throws(BundleError) {
          return try reopened().read(MemberName.checkpoint(step: step).path)
        } catch {
          throw error.at(path)
        }
      })
  }

  /// - Parameter unpacked: The lists of digests that lie with the directory; nil if there are none.
  private init(
    _ reader: RunDirectoryReader, _ unpacked: UnpackedBundle?
  ) throws(BundleError) {
    let names: [MemberName] =
      [.config, .outcome, .metrics, .hashes]
      + reader.checkpointSteps.map { .checkpoint(step: $0) }
    var size = 0
    for name in names where reader.outcome != nil { size += try reader.file(of: name).size }
    self.init(
      path: reader.path, identities: nil, config: reader.spec.canonicalJSON, trace: reader.trace,
      outcome: reader.outcome?.json ?? Self.outcome(of: reader.trace, reader.spec),
      environment: reader.environment,
      checkpoints: reader.checkpointSteps.map {
        KeptCheckpoint(step: $0, digest: nil, isStored: true)
      },
      sizeInBytes: reader.outcome != nil ? size : nil,
      verify: { (_) throws(BundleError) in try unpacked?.check() },
      readCheckpoint: { step throws(BundleError) in
        try reader.content(of: .checkpoint(step: step))
      })
  }

  /// The outcome of the rows so far, for a run that has not ended.
  private static func outcome(of trace: Trace, _ spec: RunSpec) -> CanonicalJSON {
    let outcome = Outcome(
      trace: trace, stop: spec.stop, initialSquaredNorm: 0,
      lastStep: trace.metrics.last?.step ?? -1, stopReason: .maxSteps)
    guard case .object(var members) = outcome.json else { return .null }
    members["v_initial"] = .null
    members["stop_reason"] = .null
    return .object(members)
  }
}
