public import Archive
import Bundles
import Digests
public import RunRecords

/// What a replay gave.
public struct ReplayReport: Sendable, Hashable {
  public enum Verdict: Sendable, Hashable {
    /// Every row, checkpoint and the outcome are those of the record, to the bit.
    case identical
    case different(ReplayFinding)
    case impossible(Obstacle)
  }

  /// Why a run cannot be performed by this program.
  public enum Obstacle: Sendable, Hashable {
    /// The run is of a version of the arithmetic that this program does not have.
    case unknownNumerics(Int)
  }

  public var runID: String
  public var identities: BundleIdentity?
  public var verdict: Verdict
  /// Rows and checkpoints that are identical; with a difference, those before it.
  public var rowsCompared = 0
  public var checkpointsCompared = 0
  /// Of a run that diverged: the replay did, too, after the last row and no later than at this
  /// step.
  public var divergedBy: Int?
  /// The outcome is identical, with V before the first update. A sample without the run's beginning
  /// cannot say so.
  public var isOutcomeCompared = false
  /// On all threads together.
  public var stepsExecuted = 0
  public var segments = 0
  /// As asked for.
  public var jobs = 1
  /// Of the jobs.
  public var division = ReplayDivision(engines: 1, threads: 1)
  public var seconds = 0.0
  /// Nil where the whole run was replayed.
  public var sample: ReplaySample?

  init(run: RecordedRun, verdict: Verdict) {
    runID = run.runID
    identities = run.identities
    self.verdict = verdict
  }

  /// Several jobs were asked for, and there were no stored checkpoints to cut the run at.
  public var fellBackToOneSegment: Bool { jobs > 1 && segments == 1 && sample?.of ?? 1 == 1 }
}

extension ReplayReport.Obstacle: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownNumerics(let version):
      "the run is of numerics \(version), which this program does not have"
    }
  }
}

extension ReplayReport {
  public var json: CanonicalJSON {
    var members: [CanonicalJSON.Key: CanonicalJSON] = [
      "run": .string(runID), "verdict": "identical",
      "rows_compared": CanonicalJSON(rowsCompared),
      "checkpoints_compared": CanonicalJSON(checkpointsCompared),
      "outcome_compared": .bool(isOutcomeCompared),
      "diverged_by": divergedBy.map { CanonicalJSON($0) } ?? .null,
      "steps_executed": CanonicalJSON(stepsExecuted), "segments": CanonicalJSON(segments),
      "jobs": CanonicalJSON(jobs), "segments_at_once": CanonicalJSON(division.engines),
      "threads_per_segment": CanonicalJSON(division.threads), "seconds": .number(seconds),
    ]
    if let identities {
      members["bundle_sha256"] = .string(identities.bundle.hex)
      members["result_sha256"] = .string(identities.result.hex)
    }
    if let sample {
      members["sample"] = [
        "miss_chance": .number(sample.missChance), "seed": .string(String(sample.seed)),
        "segments": CanonicalJSON(sample.segments), "segments_of_run": CanonicalJSON(sample.of),
        "step_share": .number(sample.stepShare),
      ]
    }
    switch verdict {
    case .identical: break
    case .different(let finding):
      members["verdict"] = "different"
      members["first_difference"] = finding.json
    case .impossible(let obstacle):
      members["verdict"] = "impossible"
      members["reason"] = .string("\(obstacle)")
    }
    return .object(members)
  }
}
