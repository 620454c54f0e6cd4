import Catalogue
import Files
import Foundation
import RunRecords
import Synchronization
import Testing
import Training

@Suite struct RunPerformerTests {
  @Test func aRunLeavesWhatTheScheduleAsks() throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/a/run"
    let (ending, observer) = try perform(shortSpec, in: path, resume: false)
    guard case .finished(let outcome, nil) = ending else {
      Issue.record("it ended as \(ending)")
      return
    }
    #expect(outcome.lastStep == 36)
    #expect(outcome.stopReason == .maxSteps)
    #expect(observer.steps == Array(0...35))
    #expect(observer.rows.map(\.step) == Array(stride(from: 0, through: 36, by: 3)))
    let files = results(path)
    #expect(
      files.keys.sorted() == [
        "checkpoints/step-00000000.safetensors", "checkpoints/step-00000009.safetensors",
        "checkpoints/step-00000018.safetensors", "checkpoints/step-00000027.safetensors",
        "checkpoints/step-00000036.safetensors", "config.json", "outcome.json",
        "trace/hashes.csv", "trace/metrics.csv",
      ])
    #expect(files["config.json"] == shortSpec.canonicalJSON.utf8)
    #expect(files["outcome.json"] == outcome.json.utf8)
    let trace = try Trace(
      metricsCSV: files["trace/metrics.csv"]!, hashesCSV: files["trace/hashes.csv"]!)
    #expect(trace.metrics == observer.rows)
    for step in [0, 9, 18, 27, 36] {
      let bytes = files["checkpoints/" + Checkpoint.fileName(step: step)]!
      let checkpoint = try Safetensors.decode(bytes, runID: shortSpec.runID, numerics: 1)
      #expect(checkpoint.hashes == trace.hashes[step / 3])
    }
  }

  @Test func theLastLoggedStepKeepsItsCheckpointOutsideTheInterval() throws {
    let folder = TemporaryDirectory()
    var spec = shortSpec
    spec.maxSteps = 35
    let (ending, _) = try perform(spec, in: folder.path)
    guard case .finished(let outcome, nil) = ending else {
      Issue.record("it ended otherwise: \(ending)")
      return
    }
    #expect(outcome.lastStep == 33)
    #expect(results(folder.path)["checkpoints/step-00000033.safetensors"] != nil)
  }

  @Test func noCheckpointsAreKeptWhenNoneAreAskedFor() throws {
    let folder = TemporaryDirectory()
    var spec = shortSpec
    spec.checkpointInterval = 0
    try perform(spec, in: folder.path)
    #expect(
      results(folder.path).keys.sorted()
        == ["config.json", "outcome.json", "trace/hashes.csv", "trace/metrics.csv"])
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    let one = TemporaryDirectory()
    try perform(shortSpec, in: one.path, threads: 1)
    for threads in [2, 3, 8] {
      let other = TemporaryDirectory()
      try perform(shortSpec, in: other.path, threads: threads)
      #expect(results(other.path) == results(one.path), "\(threads) threads")
    }
  }

  /// With these learning rates the loss soon is not finite.
  @Test(arguments: [0, 9], [1e30, 30]) func divergenceIsAnOutcome(
    checkpointInterval: Int, learningRate: Double
  ) throws {
    var spec = shortSpec
    spec.checkpointInterval = checkpointInterval
    spec.optimizer = .sgd(
      .init(learningRate: learningRate, weightDecay: 1, decayConvention: .twoLambda))
    let folder = TemporaryDirectory()
    let (ending, observer) = try perform(spec, in: folder.path)
    guard case .finished(let outcome, let step?) = ending else {
      Issue.record("it ended as \(ending)")
      return
    }
    #expect(outcome.stopReason == .diverged)
    #expect(outcome.lastStep == observer.rows.last?.step ?? -1)
    #expect(step > outcome.lastStep && step <= outcome.lastStep + 3)
    let files = results(folder.path)
    #expect(files["outcome.json"] == outcome.json.utf8)
    let kept = Schedule(spec).checkpointSteps(
      lastStep: outcome.lastStep, stopReason: .diverged)
    #expect(
      files.keys.filter { $0.hasPrefix("checkpoints/") }.sorted()
        == kept.map { "checkpoints/" + Checkpoint.fileName(step: $0) })
    let trace = try Trace(
      metricsCSV: files["trace/metrics.csv"]!, hashesCSV: files["trace/hashes.csv"]!)
    for step in kept {
      let bytes = files["checkpoints/" + Checkpoint.fileName(step: step)]!
      #expect(try Safetensors.decode(bytes).hashes == trace.hashes[step / 3])
    }
    // A run that was interrupted before diverges at the same step.
    let other = TemporaryDirectory()
    try perform(spec, in: other.path, endAfter: max(0, step - 1))
    try perform(spec, in: other.path)
    #expect(results(other.path) == files)
  }

  @Test func aRunEndsAfterGrokking() throws {
    var spec = shortSpec
    // Any accuracy suffices, so it "groks" at step 0 and ends at the first logged step above 0 + 7.
    spec.stop = StopRule(memorized: 1e-9, grokked: 1e-9, stepsAfterGrokking: 7)
    let folder = TemporaryDirectory()
    let (ending, observer) = try perform(spec, in: folder.path)
    guard case .finished(let outcome, nil) = ending, let grokked = outcome.grokkingStep else {
      Issue.record("it ended as \(ending)")
      return
    }
    #expect(outcome.stopReason == .grokked)
    #expect(outcome.lastStep == observer.rows.first { $0.step > grokked + 7 }?.step)
    #expect(outcome.lastStep == Schedule(spec).expectedEnd(grokkingStep: grokked))
  }

  @Test func aStartedRunIsNotBegunAgain() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 5)
    #expect(throws: TrainingError.exists(path: folder.path, finished: false)) {
      try perform(shortSpec, in: folder.path, resume: false)
    }
    try perform(shortSpec, in: folder.path)
    #expect(throws: TrainingError.exists(path: folder.path, finished: true)) {
      try perform(shortSpec, in: folder.path, resume: false)
    }
    let (ending, observer) = try perform(shortSpec, in: folder.path)
    guard case .alreadyFinished = ending else {
      Issue.record("it ended as \(ending)")
      return
    }
    #expect(observer.steps.isEmpty)
  }

  @Test func anotherConfigIsRefused() throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 5)
    var other = shortSpec
    other.seed += 1
    let error = #expect(throws: TrainingError.self) { try perform(other, in: folder.path) }
    #expect(
      error?.description
        == "\(folder.path): it holds the run \(shortSpec.runID), but this config is "
        + "that of \(other.runID): seed is \(shortSpec.seed) there and \(other.seed) here")
  }

  /// What was unpacked from a bundle, or made by `replay --fill`, has lists of digests that its
  /// files would no longer have.
  @Test(arguments: ["bag/data", "bag/data/", "filled", "bag/data/../data"])
  func theFilesOfABundleAreNotChanged(name: String) throws {
    let folder = TemporaryDirectory()
    let place = folder.path + "/" + (name.hasPrefix("bag") ? "bag/data" : "filled")
    try perform(shortSpec, in: place)
    for file in ["bag/bagit.txt", "filled/expected-sha256.txt"] { folder.write([], to: file) }
    let before = results(place)
    for spec in [shortSpec, Self.longerSpec] {
      for resume in [false, true] {
        let attempt = performer(spec, in: folder.path + "/" + name)
        let error = #expect(throws: TrainingError.self) {
          try attempt.perform(resume: resume, observer: TestObserver())
        }
        guard case .notOurs(_, let reason)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(reason.contains("regrok run BUNDLE -o NEW"))
      }
    }
    #expect(results(place) == before)
  }

  /// A copy elsewhere is a run directory as any other, and so is one that lies beside `data`.
  @Test func aCopyOfABundlesFilesIsContinued() throws {
    let folder = TemporaryDirectory()
    folder.write([], to: "bag/bagit.txt")
    let path = folder.path + "/bag/mine"
    try perform(shortSpec, in: path)
    try FileManager.default.copyItem(atPath: path, toPath: folder.path + "/bag/data")
    let ending = try performer(Self.longerSpec, in: path)
      .perform(resume: true, observer: TestObserver())
    guard case .finished(let outcome, nil) = ending else {
      Issue.record("it ended as \(ending)")
      return
    }
    #expect(outcome.lastStep == 48)
  }

  private static let longerSpec: RunSpec = {
    var spec = shortSpec
    spec.maxSteps = 50
    return spec
  }()

  /// Performs a run in a directory, also one that holds a shorter one.
  private func performer(_ spec: RunSpec, in path: String) -> RunPerformer {
    var performer = RunPerformer(spec: spec, directory: RunDirectory(path), threads: 1)
    performer.extends = true
    return performer
  }

  @Test(
    arguments: [
      (nil, "it is missing"), ("{", "it is not canonical JSON: "),
      ("[]", "it is JSON, but not an object of keys and values"),
    ] as [(String?, String)])
  func eachFaultOfARecordHasItsSentence(content: String?, reason: String) throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path)
    let file = folder.path + "/run.json"
    try FileManager.default.removeItem(atPath: file)
    if let content { folder.write(Array(content.utf8), to: "run.json") }
    let error = #expect(throws: TrainingError.self) { try RunDirectory(folder.path).recordDays() }
    #expect(
      error?.description.hasPrefix("\(file): \(reason)") == true,
      "\(String(describing: error))")
  }

  @Test func aRunOfAnotherArithmeticIsNotDamaged() throws {
    let folder = TemporaryDirectory()
    let config = shortSpec.canonicalJSON.text.replacing("\"numerics\":1", with: "\"numerics\":2")
    put(Array(config.utf8), folder.path + "/config.json")
    let error = #expect(throws: TrainingError.self) { try RunDirectory(folder.path).readSpec() }
    guard case .unsupported = error else {
      Issue.record("it is \(String(describing: error))")
      return
    }
  }

  /// The limit of the config is 64 KiB, that of the other small files 1 MiB.
  @Test(arguments: ["config.json", "outcome.json", "run.json"])
  func aRecordOfManyBytesIsNotRead(name: String) throws {
    let folder = TemporaryDirectory()
    try perform(shortSpec, in: folder.path, endAfter: 18)
    put([], folder.path + "/" + name)
    let file = try #require(FileHandle(forWritingAtPath: folder.path + "/" + name))
    try file.truncate(atOffset: 64 << 30)
    let error = #expect(throws: TrainingError.self) { try perform(shortSpec, in: folder.path) }
    let limit = name == "config.json" ? 65_536 : 1 << 20
    #expect(
      error?.description
        == "\(folder.path)/\(name): it has more than \(limit) bytes, which is the limit")
  }

  /// No machine has the petabytes that this batch needs.
  @Test(.enabled(if: Machine.availableMemory != nil))
  func aRunThatNeedsMoreMemoryThanThereIsMakesNoDirectory() throws {
    let folder = TemporaryDirectory()
    let path = folder.path + "/run"
    var spec = shortSpec
    spec.batch = 1 << 40
    let error = #expect(throws: TrainingError.self) { try perform(spec, in: path) }
    guard case .resources = error else {
      Issue.record("it is \(String(describing: error))")
      return
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func theCheckpointsOutsideTheScheduleGoWithTheirFolder() throws {
    let folder = TemporaryDirectory()
    let resume = folder.path + "/resume"
    try perform(shortSpec, in: folder.path, endAfter: 5)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: resume) == ["step-00000005.safetensors"])
    try perform(shortSpec, in: folder.path)
    #expect(!FileManager.default.fileExists(atPath: resume))
  }

  /// A checkpoint of the schedule replaces a save, so the next save comes a whole interval after
  /// it. It never comes sooner, however slow the machine is.
  @Test func aCheckpointPutsOffTheNextSave() throws {
    let folder = TemporaryDirectory()
    let seen = Mutex<(rows: Int, checkpoint: Double, waits: [Double])>((0, 0, []))
    let beforeChange: @Sendable (String, String) throws(FileError) -> Void = { operation, path in
      if operation == "append" && path.hasSuffix("/metrics.csv") {
        let isEarly = seen.withLock { seen in
          seen.rows += 1
          return seen.rows <= 2
        }
        // The second row comes later than one interval after the start, but sooner than one
        // interval after the first row's checkpoint.
        if isEarly { pause(milliseconds: 600) }
      }
      guard operation == "create" else { return }
      let now = monotonicSeconds()
      seen.withLock { seen in
        if path.contains("/checkpoints/") { seen.checkpoint = now }
        if path.contains("/resume/") { seen.waits.append(now - seen.checkpoint) }
      }
    }
    try perform(shortSpec, in: folder.path, saveIntervalSeconds: 1, beforeChange: beforeChange)
    let (rows, _, waits) = seen.withLock { $0 }
    #expect(rows == 13)
    #expect(waits.allSatisfy { $0 >= 1 }, "\(waits)")
  }

  @Test func aDirectoryOfSomebodyElseIsLeftAlone() throws {
    let folder = TemporaryDirectory()
    put([1], folder.path + "/thesis.tex")
    let error = #expect(throws: TrainingError.self) { try perform(shortSpec, in: folder.path) }
    #expect(
      error?.description
        == "\(folder.path): it is not empty, and not a run directory: it has thesis.tex "
        + "and no config.json; give a new directory, e.g. -o \(folder.path)/run")
    #expect(results(folder.path) == ["thesis.tex": [1]])
    #expect(content(folder.path + "/lock") == nil)
  }

  @Test func oneWriterARunDirectory() throws {
    let folder = TemporaryDirectory()
    let inner = Mutex<String>("")
    let beforeChange: @Sendable (String, String) throws(FileError) -> Void = { _, path in
      guard path.hasSuffix(".safetensors") else { return }
      do {
        try perform(shortSpec, in: folder.path)
      } catch {
        inner.withLock { $0 = "\(error)" }
      }
    }
    try perform(shortSpec, in: folder.path, beforeChange: beforeChange)
    #expect(inner.withLock { $0 } == "\(folder.path): another process is writing this run")
  }
}
