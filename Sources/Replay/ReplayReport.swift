public import Archive
import Bundles
import Digests
public import RunRecords

/// The result of a replay.
public struct ReplayReport: Sendable, Hashable {
  public enum Verdict: Sendable, Hashable {
    /// Every row, every checkpoint and the outcome are identical to the record, to the bit; in a
    /// sample, what was replayed of them.
    case identical
    case different(ReplayFinding)
    case impossible(Obstacle)
  }

  /// Why this program cannot perform a run.
  public enum Obstacle: Sendable, Hashable {
    /// This program does not implement the run's version of the arithmetic.
    case unknownNumerics(Int)
  }

  public var runID: String
  public var identities: BundleIdentity?
  public var verdict: Verdict
  /// Rows and checkpoints that are identical. If there is a difference, those before it.
  public var rowsCompared = 0
  public var checkpointsCompared = 0
  /// For a run that diverged: the replay diverged, too, after the last row and no later than at
  /// this step.
  public var divergedBy: Int?
  /// Whether the whole outcome was compared and is identical, including V before the first update.
  /// A part of the run does not give its outcome.
  public var isOutcomeCompared = false
  /// Steps of all threads together.
  public var stepsExecuted = 0
  public var segments = 0
  /// The number of jobs that was asked for.
  public var jobs = 1
  /// How the jobs were divided.
  public var division = ReplayDivision(engines: 1, threads: 1)
  public var seconds = 0.0
  /// Nil if the whole run was replayed.
  public var sample: ReplaySample?

  init(run: RecordedRun, verdict: Verdict) {
    runID = run.runID
    identities = run.identities
    self.verdict = verdict
  }

  /// Whether the whole run was replayed, by a sample of all segments, too.
  public var isWhole: Bool { sample.map { $0.segments == $0.of } ?? true }

  /// Whether several jobs were asked for, but no stored checkpoints divide the run.
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
      "run": .string(runID),
      "verdict": isWhole ? "identical" : "identical as far as replayed",
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
