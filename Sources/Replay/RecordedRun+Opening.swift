private import Bundles
private import Foundation
import RunRecords

extension RecordedRun {
  /// Opens a bundle, or the directory of a run.
  ///
  /// - Parameter unfinished: Whether the run of a directory may still be going on. Its outcome then is that of the rows
  ///   so far, without a stop reason and without V before the first update.
  public init(opening path: String, unfinished: Bool = false) throws {
    var isDirectory = ObjCBool(false)
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    if exists && isDirectory.boolValue {
      try self.init(directory: path, unfinished: unfinished)
    } else {
      try self.init(bundle: path)
    }
  }

  /// Opens a bundle; reads only the frames of its small files.
  private init(bundle path: String) throws {
    let reader = try BundleReader(path: path)
    let identity = reader.identity
    // Each later use opens the file anew: many runs are held at once, and few files may be open.
    @Sendable func reopened() throws -> BundleReader {
      let again = try BundleReader(path: path)
      guard again.identity == identity else {
        throw BundleError.damaged(
          .changed, member: "", detail: "the file was replaced while it was read")
      }
      return again
    }
    let environment = "data/environment.json"
    let stored = Set(reader.checkpointSteps)
    var checkpoints: [KeptCheckpoint] = []
    for (path, digest) in reader.expectedResults {
      guard let step = Self.checkpointStep(ofFile: path) else { continue }
      checkpoints.append(
        KeptCheckpoint(step: step, digest: digest, isStored: stored.contains(step)))
    }
    self.init(
      path: path,
      identities: Identities(bundle: reader.identity.bundle, result: reader.identity.result),
      config: reader.spec.canonicalJSON, trace: try reader.trace(), outcome: reader.outcome.json,
      environment: try CanonicalJSON(canonical: try reader.read(environment)),
      checkpoints: checkpoints, sizeInBytes: Self.sizeOfFile(path),
      verify: { _ = try reopened().verify(progress: $0) },
      readCheckpoint: { step in
        try reopened().read("data/checkpoints/" + Checkpoint.fileName(step: step))
      })
  }

  private init(directory path: String, unfinished: Bool) throws {
    func read(_ name: String) throws -> [UInt8] {
      guard let content = FileManager.default.contents(atPath: path + "/" + name) else {
        throw ReplayError.unreadable(path: path, reason: "\(name) cannot be read")
      }
      return Array(content)
    }
    func json(_ name: String) throws -> CanonicalJSON {
      let content = try read(name)
      do throws(RecordError) {
        return try CanonicalJSON(canonical: content)
      } catch {
        throw ReplayError.record(path: path, member: name, reason: error.description)
      }
    }
    guard FileManager.default.fileExists(atPath: path + "/config.json") else {
      throw ReplayError.unreadable(path: path, reason: "not a run directory: no config.json")
    }
    let isFinished = FileManager.default.fileExists(atPath: path + "/outcome.json")
    guard isFinished || unfinished else {
      throw ReplayError.unreadable(path: path, reason: "the run is not finished")
    }
    var (metrics, hashes) = (try read("trace/metrics.csv"), try read("trace/hashes.csv"))
    if !isFinished { Self.cutToCommonLines(&metrics, &hashes) }
    let trace: Trace
    do throws(RecordError) {
      trace = try Trace(metricsCSV: metrics, hashesCSV: hashes)
    } catch {
      throw ReplayError.record(path: path, member: "trace", reason: error.description)
    }
    let config = try json("config.json")
    let folder = path + "/checkpoints/"
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let steps = files.compactMap { Self.checkpointStep(ofFile: "checkpoints/" + $0) }
    let names = ["config.json", "outcome.json", "trace/metrics.csv", "trace/hashes.csv"]
    let sizes = (names + steps.map { "checkpoints/" + Checkpoint.fileName(step: $0) })
      .map { Self.sizeOfFile(path + "/" + $0) ?? 0 }
    self.init(
      path: path, identities: nil, config: config, trace: trace,
      outcome: isFinished ? try json("outcome.json") : Self.outcome(of: trace, config: config),
      environment: try? json("environment.json"),
      checkpoints: steps.map { KeptCheckpoint(step: $0, digest: nil, isStored: true) },
      sizeInBytes: sizes.reduce(0, +),
      readCheckpoint: { step in
        guard
          let content = FileManager.default.contents(
            atPath: folder + Checkpoint.fileName(step: step))
        else {
          throw ReplayError.checkpoint(path: path, step: step, reason: "it cannot be read")
        }
        return Array(content)
      })
  }

  /// Cuts what is being written off the end of two traces: a line that is not whole, a row that only one has.
  private static func cutToCommonLines(_ first: inout [UInt8], _ second: inout [UInt8]) {
    let newline = UInt8(ascii: "\n")
    let ends = [first, second].map { bytes in bytes.indices.filter { bytes[$0] == newline } }
    let count = ends.map(\.count).min() ?? 0
    guard count > 0 else { return }
    first.removeSubrange((ends[0][count - 1] + 1)...)
    second.removeSubrange((ends[1][count - 1] + 1)...)
  }

  /// What the rows so far say, where the run has not ended.
  private static func outcome(of trace: Trace, config: CanonicalJSON) -> CanonicalJSON {
    let stop = config["stop"]
    let outcome = Outcome(
      trace: trace,
      stop: StopRule(
        memorized: stop?["memorized"]?.doubleValue ?? .infinity,
        grokked: stop?["grokked"]?.doubleValue ?? .infinity, stepsAfterGrokking: 0),
      initialSquaredNorm: 0, lastStep: trace.metrics.last?.step ?? -1, stopReason: .maxSteps)
    guard case .object(var members) = outcome.json else { return .null }
    members["v_initial"] = .null
    members["stop_reason"] = .null
    return .object(members)
  }

  /// The step in the name of a result, if it is a checkpoint's.
  private static func checkpointStep(ofFile path: String) -> Int? {
    let digits = path.dropFirst("checkpoints/step-".count).prefix { $0.isASCII && $0.isNumber }
    guard let step = Int(digits), path == "checkpoints/" + Checkpoint.fileName(step: step) else {
      return nil
    }
    return step
  }

  private static func sizeOfFile(_ path: String) -> Int? {
    (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
  }
}
