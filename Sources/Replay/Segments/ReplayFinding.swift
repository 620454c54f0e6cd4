public import Comparison
public import RunRecords

/// The first place where a recorded run and its replay differ. In its parts, `a` is what was stored
/// and `b` what was replayed.
public enum ReplayFinding: Sendable, Hashable {
  /// A row has other values. All cells that differ, in the order of the columns.
  case row(step: Int, [CellDifference], state: StateEvidence)
  /// The config demands a row that the trace does not have.
  case noRow(step: Int)
  /// The trace has a row that the config does not demand, or after the run's end.
  case unexpectedRow(step: Int)
  /// A checkpoint has other bytes. The difference is nil if the stored bytes are not available.
  case checkpoint(step: Int, CheckpointDifference?)
  /// The config demands a checkpoint that is not kept.
  case noCheckpoint(step: Int)
  /// A checkpoint is kept that the config does not demand.
  case unexpectedCheckpoint(step: Int)
  /// The replay's loss is not finite here, but the recorded run goes on.
  case diverged(step: Int)
  /// The record says that the loss was not finite at or before this step, but the replay's loss is
  /// finite.
  case didNotDiverge(step: Int)
  /// The rows agree, but the recorded outcome does not follow from them.
  case outcome(step: Int, [KeyDifference])

  public var step: Int {
    switch self {
    case .row(let step, _, _), .noRow(let step), .unexpectedRow(let step),
      .checkpoint(let step, _), .noCheckpoint(let step), .unexpectedCheckpoint(let step),
      .diverged(let step), .didNotDiverge(let step), .outcome(let step, _):
      step
    }
  }
}

extension ReplayFinding {
  /// Within a step, the row is compared first, then the checkpoint, then the outcome.
  private var orderInStep: Int {
    switch self {
    case .row, .noRow, .unexpectedRow, .diverged, .didNotDiverge: 0
    case .checkpoint, .noCheckpoint, .unexpectedCheckpoint: 1
    case .outcome: 2
    }
  }

  func isAfterRow(of step: Int) -> Bool { (step, 0) < (self.step, orderInStep) }
  func isAfterCheckpoint(of step: Int) -> Bool { (step, 1) < (self.step, orderInStep) }
}

/// What is known about the state where a row differs.
public enum StateEvidence: Sendable, Hashable {
  /// The recorded hashes are those of the replay: the same state was reached, and only the numbers
  /// recorded for it differ.
  case same
  /// The first stored checkpoint from that step on, compared with the replay's.
  case checkpoint(CheckpointDifference)
  /// The state differs, but no checkpoint from that step on is stored.
  case unknown
}

extension ReplayFinding {
  public var json: CanonicalJSON {
    func object(_ kind: String, _ members: [CanonicalJSON.Key: CanonicalJSON] = [:])
      -> CanonicalJSON
    {
      var members = members
      members["kind"] = .string(kind)
      members["step"] = CanonicalJSON(step)
      return .object(members)
    }
    switch self {
    case .row(_, let cells, let state):
      return object("row", ["cells": .array(cells.map { $0.json }), "state": state.json])
    case .noRow: return object("no-row")
    case .unexpectedRow: return object("unexpected-row")
    case .checkpoint(_, let difference):
      return object("checkpoint", ["difference": difference?.json ?? .null])
    case .noCheckpoint: return object("no-checkpoint")
    case .unexpectedCheckpoint: return object("unexpected-checkpoint")
    case .diverged: return object("diverged")
    case .didNotDiverge: return object("did-not-diverge")
    case .outcome(_, let keys): return object("outcome", ["keys": .array(keys.map { $0.json })])
    }
  }
}

extension StateEvidence {
  public var json: CanonicalJSON {
    switch self {
    case .same: "same"
    case .checkpoint(let difference): ["checkpoint": difference.json]
    case .unknown: "unknown"
    }
  }
}
