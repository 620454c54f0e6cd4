import Files
import Reports
import RunRecords
import Training

/// What `regrok run` says at the end.
struct RunReport {
  let spec: RunSpec
  let directory: String
  let ending: RunEnding

  private var outcome: Outcome? {
    switch ending {
    case .finished(let outcome, _), .alreadyFinished(let outcome): outcome
    case .interrupted: nil
    }
  }

  private var divergedAt: Int? {
    if case .finished(_, let step) = ending { step } else { nil }
  }

  /// For people.
  var lines: [String] {
    guard let outcome else { return [] }
    var lines: [String] = []
    func add(_ name: String, _ value: String) {
      lines.append(name.padded(to: 10) + value)
    }
    func number(_ value: Double?) -> String { value.map { String(printf: "%.6g", $0) } ?? "-" }
    func step(_ value: Int?) -> String { value.map { String($0) } ?? "-" }
    if case .alreadyFinished = ending { add("finished", "already; nothing was computed") }
    add("run", spec.runID)
    add("end", end(of: outcome))
    add("T_mem", step(outcome.memorizationStep))
    add("T_grok", step(outcome.grokkingStep))
    add("delay", step(outcome.delay))
    add("V_mem", number(outcome.squaredNormAtMemorization))
    add("V_post", number(outcome.finalSquaredNorm))
    add("logged", "\(Figures.interval(spec.logInterval)), which T_mem, T_grok and V_mem depend on")
    add("kept in", directory)
    add("next", "regrok pack \(ShellWord.path(directory))")
    return lines
  }

  private func end(of outcome: Outcome) -> String {
    switch outcome.stopReason {
    case .grokked:
      "grokked; stopped after step \(outcome.lastStep), the first one logged that is more than "
        + "\(spec.stop.stepsAfterGrokking) beyond T_grok"
    case .maxSteps: "stopped after step \(outcome.lastStep), the last one logged below max_steps"
    case .diverged:
      divergedAt.map { "diverged: at step \($0) a loss or the norm was not finite" }
        ?? "diverged after step \(outcome.lastStep)"
    }
  }

  /// The event "end".
  var json: CanonicalJSON {
    var object: [CanonicalJSON.Key: CanonicalJSON] = [
      "event": "end", "run": .string(spec.runID), "directory": .string(directory),
    ]
    switch ending {
    case .finished: object["status"] = "finished"
    case .alreadyFinished: object["status"] = "already-finished"
    case .interrupted(let step):
      object["status"] = "interrupted"
      object["step"] = CanonicalJSON(step)
    }
    object["outcome"] = outcome?.json
    object["diverged_at"] = divergedAt.map { CanonicalJSON($0) }
    return .object(object)
  }
}
