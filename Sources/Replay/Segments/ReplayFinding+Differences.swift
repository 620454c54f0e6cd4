package import Comparison
package import RunRecords

extension ReplayFinding {
  /// The differences that a statement lists for this finding (SPEC.md, 3.18).
  package var differences: [ReplayStatement.Difference] {
    switch self {
    case .row(let step, let cells, _):
      cells.map {
        .init("column", name: $0.column, step: step, distance: $0.distance, ulps: $0.ulps)
      }
    case .noRow: [.init("no-row", step: step)]
    case .unexpectedRow: [.init("unexpected-row", step: step)]
    case .checkpoint(_, let difference):
      [
        .init(
          "checkpoint", name: difference?.tensors.first?.name, step: step,
          ulps: difference?.tensors.first?.largestULPs)
      ]
    case .noCheckpoint: [.init("no-checkpoint", step: step)]
    case .unexpectedCheckpoint: [.init("unexpected-checkpoint", step: step)]
    case .diverged: [.init("diverged", step: step)]
    case .didNotDiverge: [.init("did-not-diverge", step: step)]
    case .outcome(_, let keys): keys.map { $0.difference(step: step) }
    }
  }
}

extension CellDifference {
  fileprivate var distance: Distance {
    switch (a, b) {
    case (.number(let a), .number(let b)): Distance(a, b)
    case (.digest, _), (_, .digest): .text
    }
  }
}

extension TensorDifference {
  fileprivate var largestULPs: UInt64? {
    switch kind {
    case .values(let values): values.largest.ulps
    case .onlyInA, .onlyInB, .shape: nil
    }
  }
}

extension KeyDifference {
  package func difference(step: Int? = nil) -> ReplayStatement.Difference {
    var distance = Distance.text
    if let a = a?.doubleValue, let b = b?.doubleValue { distance = Distance(a, b) }
    return .init(
      "outcome", name: a == nil || b == nil ? nil : key, step: step, distance: distance, ulps: ulps)
  }
}
