import Archive
import BundleChecks
import Catalogue
import Comparison
import Digests
import Execution
import Learning
import Replay
import RunRecords

/// What a call of `page_step` came to.
private enum Progress: Int32 {
  /// A step was taken, and nothing of it is recorded.
  case step = 0
  /// Its row is the recorded one.
  case row = 1
  /// Its checkpoint is, and its row, if it has one.
  case checkpoint = 2
  /// All of the segment agrees.
  case end = 3
  /// Something differs: the answer says what.
  case different = 4
  /// A row of a run that is not compared.
  case computed = 5
  /// A step was taken after which the loss is not finite: of a run that is not compared, or as the
  /// record says. It is the last.
  case diverged = 6
}

/// A recorded run, and a part of it that is being performed again.
private final class Performance {
  let record: RecordToMeet
  /// The digests of the checkpoints that the run kept, in its list of results.
  let digests: [Int: Digest]
  /// The recorded outcome.
  let outcome: CanonicalJSON
  let runID: String

  var trainer: RunTrainer
  /// The last step of the segment.
  var last = -1
  /// The stored checkpoint at its end, if it has one.
  var stored: Checkpoint?
  /// The last state whose row or checkpoint was the recorded one.
  var agreed: Checkpoint?
  /// One bit that is turned after a step.
  var turned: (step: Int, tensor: Int, element: Int, bit: Int)?
  /// The row that differs, while the run goes on to the stored checkpoint that shows where its
  /// state does.
  var differs: (step: Int, cells: [CellDifference])?
  /// Of a fork, of which nothing is compared.
  var course: RunCourse?

  init(record: RecordToMeet, digests: [Int: Digest], outcome: CanonicalJSON, runID: String) {
    self.record = record
    self.digests = digests
    self.outcome = outcome
    self.runID = runID
    trainer = RunTrainer(spec: record.spec)
  }
}

nonisolated(unsafe) private var performance: Performance?
nonisolated(unsafe) private var texts: [[UInt8]] = []

/// Adds a text to those that the next call takes.
@_cdecl("page_add_text")
public func pageAddText() { unsafe texts.append(takeInbox()) }

func takeText() -> [UInt8] { unsafe texts.popLast() ?? [] }

/// Takes config, metrics, hashes, outcome and list of results of a sound bundle, as texts. The
/// answer is a plan: the steps that are logged, the stored checkpoints, and the last step.
///
/// - Returns: 0 where they are not what they should be; a sound bundle's are.
@_cdecl("page_prepare")
public func pagePrepare() -> Int32 {
  let given = unsafe texts
  unsafe texts = []
  guard given.count == 5, let config = try? CanonicalJSON(canonical: given[0]),
    let spec = try? RunSpec(json: config),
    let trace = try? Trace(
      metricsCSV: given[1], hashesCSV: given[2], added: spec.addedHeadings),
    let outcome = try? CanonicalJSON(canonical: given[3])
  else { return 0 }
  guard let expected = Manifest(bytes: given[4]) else { return 0 }
  var digests: [Int: Digest] = [:]
  for entry in expected.entries {
    if case .checkpoint(let step) = MemberName(path: "data/" + entry.path, of: .trainer) {
      digests[step] = entry.digest
    }
  }
  let diverged = outcome["stop_reason"]?.stringValue?.isSame(as: "diverged") ?? false
  let plan = ReplayPlan(
    spec: spec, trace: trace, checkpointSteps: digests.keys.sorted(), diverged: diverged)
  unsafe performance = Performance(
    record: RecordToMeet(spec: spec, plan: plan, trace: trace), digests: digests,
    outcome: outcome, runID: spec.runID)
  func steps(_ steps: [Int]) -> CanonicalJSON { .array(steps.map { CanonicalJSON($0) }) }
  say(
    CanonicalJSON.object([
      "logged": steps(plan.loggedSteps), "checkpoints": steps(plan.checkpointSteps),
      "last": CanonicalJSON(plan.lastStepTaken), "last_row": CanonicalJSON(plan.lastStep),
      "departure": plan.departure.map { $0.json } ?? .null,
      "parameters": CanonicalJSON(spec.parameterCount),
    ]).utf8)
  return 1
}

/// Goes to the step after the checkpoint in the inbox, or to the first where that is empty. The
/// segment ends with step `last`.
///
/// - Returns: 0 where the checkpoint does not fit the run.
@_cdecl("page_begin")
public func pageBegin(_ last: Int32) -> Int32 {
  guard let performance = unsafe performance else { return 0 }
  let trainer = RunTrainer(spec: performance.record.spec)
  guard restore(trainer, runID: performance.runID) else { return 0 }
  performance.trainer = trainer
  performance.last = Int(last)
  performance.stored = nil
  performance.agreed = nil
  performance.turned = nil
  performance.differs = nil
  performance.course = nil
  return 1
}

private func restore(_ trainer: RunTrainer, runID: String) -> Bool {
  let bytes = takeInbox()
  guard !bytes.isEmpty else { return true }
  guard let start = try? Safetensors.decode(bytes, runID: runID, numerics: 1) else { return false }
  do throws(CheckpointMisfit) {
    try trainer.restore(start)
    return true
  } catch { return false }
}

/// Takes the checkpoint in the inbox as the one that is stored at the segment's end.
@_cdecl("page_store")
public func pageStore() -> Int32 {
  guard let performance = unsafe performance else { return 0 }
  performance.stored = try? Safetensors.decode(
    takeInbox(), runID: performance.runID, numerics: 1)
  return performance.stored == nil ? 0 : 1
}

/// Turns one bit of one parameter after a step, by the tensor's place in the model and the
/// element's in the tensor.
@_cdecl("page_turn")
public func pageTurn(_ step: Int32, _ tensor: Int32, _ element: Int32, _ bit: Int32) {
  unsafe performance?.turned = (Int(step), Int(tensor), Int(element), Int(bit))
}

/// Performs a run of the config in the inbox from the step after the checkpoint in the text, and
/// compares nothing.
///
/// - Returns: 0 where the config is none, and the answer says why.
@_cdecl("page_fork")
public func pageFork() -> Int32 {
  let config = takeText()
  guard let performance = unsafe performance, let json = try? CanonicalJSON(canonical: config)
  else { return 0 }
  let spec: RunSpec
  do throws(RecordError) {
    spec = try RunSpec(json: json)
  } catch {
    say(Array(error.description.utf8))
    return 0
  }
  let trainer = RunTrainer(spec: spec)
  guard restore(trainer, runID: performance.runID) else { return 0 }
  performance.trainer = trainer
  performance.course = RunCourse(spec)
  return 1
}

/// V before the first update.
@_cdecl("page_initial_norm")
public func pageInitialNorm() -> Double {
  unsafe performance?.trainer.initialSquaredNorm ?? .nan
}

/// Takes one step, and compares what is recorded of it. Where it differs, the answer has the
/// `finding`, as in `replay --json`, and the `differences` that a statement lists.
@_cdecl("page_step")
public func pageStep() -> Int32 {
  guard let performance = unsafe performance else { return Progress.end.rawValue }
  if performance.course != nil { return performance.stepOfFork().rawValue }
  switch performance.step() {
  case .success(let progress): return progress.rawValue
  case .failure(let finding):
    say(finding.finding)
    return Progress.different.rawValue
  }
}

private func say(_ finding: ReplayFinding) {
  let differences = CanonicalJSON.array(finding.differences.map { $0.json })
  say(CanonicalJSON.object(["finding": finding.json, "differences": differences]).utf8)
}

/// What differs.
private struct Difference: Error {
  var finding: ReplayFinding
}

extension Performance {
  private func different(_ finding: ReplayFinding) -> Result<Progress, Difference> {
    .failure(Difference(finding: finding))
  }

  /// The run ended here by divergence, unless something differs.
  private func diverged(_ finding: ReplayFinding?) -> Result<Progress, Difference> {
    finding.map { .failure(Difference(finding: $0)) } ?? .success(.diverged)
  }

  func step() -> Result<Progress, Difference> {
    let step = trainer.step + 1
    let plan = record.plan
    guard step <= last else { return .success(.end) }
    guard trainer.advance(SerialWorkers()) else {
      if let differs {
        return different(.row(step: differs.step, differs.cells, state: .unknown))
      }
      return diverged(record.divergence(at: step))
    }
    if let differs {
      guard let stored, stored.step == step else { return .success(.step) }
      return different(
        .row(
          step: differs.step, differs.cells,
          state: .checkpoint(CheckpointDifference(stored, trainer.checkpoint()))))
    }
    turn(after: step)
    if step > plan.lastStep {
      guard step == last else { return .success(.step) }
      return diverged(
        trainer.metrics(SerialWorkers()).isFinite ? .didNotDiverge(step: step) : nil)
    }
    var found = Progress.step
    var state: Checkpoint?
    if record.hasRow(step) {
      let row = trainer.metrics(SerialWorkers())
      guard row.isFinite else { return diverged(record.divergence(at: step)) }
      hand(row)
      let reached = trainer.checkpoint()
      let cells = record.cells(otherThan: (row, reached.hashes))
      if !cells.isEmpty { return differ(step, cells, reached) }
      state = reached
      found = .row
    }
    if let digest = digests[step] {
      let reached = state ?? trainer.checkpoint()
      let bytes = Safetensors.encode(reached, runID: runID, numerics: record.spec.numerics)
      guard Digest(of: bytes) == digest else {
        let isStored = stored?.step == step
        return different(
          .checkpoint(
            step: step, isStored ? CheckpointDifference(stored!, reached) : nil))
      }
      state = reached
      found = .checkpoint
    }
    if let state { agreed = state }
    return .success(found)
  }

  /// Says of a row that differs, or goes on to where it can be seen what does.
  private func differ(
    _ step: Int, _ cells: [CellDifference], _ reached: Checkpoint
  ) -> Result<Progress, Difference> {
    let hasOtherState = cells.contains { $0.ulps == nil }
    guard hasOtherState else { return different(.row(step: step, cells, state: .same)) }
    guard let stored, stored.step >= step else {
      return different(.row(step: step, cells, state: .unknown))
    }
    guard stored.step > step else {
      return different(
        .row(step: step, cells, state: .checkpoint(CheckpointDifference(stored, reached))))
    }
    differs = (step, cells)
    return .success(.step)
  }

  private func turn(after step: Int) {
    guard let turned, turned.step == step else { return }
    var state = trainer.checkpoint()
    let value = state.parameters[turned.tensor].values[turned.element]
    state.parameters[turned.tensor].values[turned.element] =
      Float(bitPattern: value.bitPattern ^ 1 << UInt32(turned.bit))
    // It is the trainer's own.
    try? trainer.restore(state)
  }

  func stepOfFork() -> Progress {
    guard let next = course, next.stopReason == nil else { return .end }
    guard trainer.advance(SerialWorkers()) else { return .diverged }
    guard trainer.step % next.schedule.logInterval == 0 else { return .step }
    let row = trainer.metrics(SerialWorkers())
    guard row.isFinite else { return .diverged }
    hand(row)
    return .computed
  }

  private func hand(_ row: MetricsRow) {
    let values = row.values
    // SAFETY: the script copies them before it returns.
    unsafe values.withUnsafeBufferPointer {
      unsafe hostRow(Int32(row.step), $0.baseAddress!, Int32($0.count))
    }
  }
}

/// The last state that was the recorded one, as a checkpoint; nothing where there is none.
@_cdecl("page_agreed")
public func pageAgreed() {
  guard let performance = unsafe performance, let agreed = performance.agreed else {
    return say([])
  }
  say(Safetensors.encode(agreed, runID: performance.runID, numerics: 1))
}

/// Compares the record's own end and its outcome, when all segments agree. The answer is that of
/// `page_step`.
///
/// - Returns: 1 where nothing does.
@_cdecl("page_finish")
public func pageFinish(_ initialSquaredNorm: Double) -> Int32 {
  guard let performance = unsafe performance else { return 0 }
  let finding =
    performance.record.plan.departure
    ?? performance.record.finding(
      outcome: performance.outcome, initialSquaredNorm: initialSquaredNorm)
  guard let finding else { return 1 }
  say(finding)
  return 0
}
