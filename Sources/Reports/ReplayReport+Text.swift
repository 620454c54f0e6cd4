import Archive
import Bundles
import Comparison
import Digests
public import Replay
import RunRecords

extension ReplayReport {
  /// The report for people.
  public var textLines: [String] {
    switch verdict {
    case .identical:
      let compared =
        "\(Figures.count(rowsCompared, "row")) of metrics and hashes, "
        + Figures.count(checkpointsCompared, "checkpoint")
        + (divergedBy.map { ", the divergence by step \($0)" } ?? "")
      var lines = [
        isWhole
          ? "identical: \(compared), the outcome" : "identical as far as replayed: \(compared)"
      ]
      var table = TextTable(indent: 2)
      if let sample {
        table.add("share", sample.share)
        table.add("chance", sample.chance)
      }
      table.add("executed", execution)
      addIdentities(to: &table)
      lines += table.lines
      return lines
    case .different(let finding):
      var table = TextTable(indent: 2)
      table.add(
        "before it",
        "\(Figures.count(rowsCompared, "row")) and "
          + "\(Figures.count(checkpointsCompared, "checkpoint")) are identical")
      table.add("executed", execution)
      addIdentities(to: &table)
      return finding.textLines + table.lines
    case .impossible(let obstacle):
      return ["cannot be replayed here: \(obstacle)"]
    }
  }

  private func addIdentities(to table: inout TextTable) {
    table.add("run", runID)
    guard let identities else { return }
    table.add("bundle", identities.bundle.hex)
    table.add("result", identities.result.hex)
  }

  private var execution: String {
    let way =
      segments > 1 || sample?.of ?? 1 > 1
      ? "\(Figures.count(segments, "segment")), \(division.words(segments: segments))"
      : fellBackToOneSegment
        ? "no stored checkpoints to cut at, so one engine with \(jobs) threads"
        : "from the first step \(division.words(segments: 1))"
    return
      "\(Figures.count(stepsExecuted, "step")) in \(Figures.duration(seconds: seconds)); \(way)"
  }
}

extension ReplayDivision {
  /// How this number of segments is replayed, e.g. "2 at once".
  public func words(segments: Int) -> String {
    let number = threads == 1 ? "one thread" : "\(threads) threads"
    if segments == 1 { return "on \(number)" }
    if engines == 1 { return "one after the other on \(number)" }
    return "\(engines) at once" + (threads == 1 ? "" : " on \(number) each")
  }
}

extension ReplaySample {
  fileprivate var share: String {
    let segment = Figures.count(of, "segment")
    return
      "\(segments) of \(segment), \(Figures.rounded(100 * stepShare)) % of the steps; seed \(seed)"
  }

  fileprivate var chance: String {
    segments == of
      ? "none: every segment was replayed"
      : "if one segment were forged, it would have gone unnoticed with a chance of "
        + "\(Figures.rounded(100 * missChance)) %"
  }
}

extension ReplayFinding {
  /// What differs, where, and by how much. The first line is a summary.
  public var textLines: [String] {
    switch self {
    case .row(let step, let cells, let state):
      let columns = cells.map(\.column).joined(separator: ", ")
      var lines = ["different at step \(step): \(columns)"]
      var table = TextTable(indent: 2)
      table.add("column", "stored", "replayed", "apart")
      for cell in cells {
        table.add(
          cell.column, cell.a.shortText, cell.b.shortText, cell.ulps.map(Figures.ulps) ?? "")
      }
      lines += table.lines
      return lines + state.textLines
    case .noRow(let step):
      return ["different at step \(step): the config demands a row here, and the trace has none"]
    case .unexpectedRow(let step):
      return ["different at step \(step): the trace has a row here, and the config demands none"]
    case .checkpoint(let step, let difference):
      let first = "different at step \(step): the checkpoint"
      guard let difference else {
        return [first + " has another digest; its bytes are not stored here"]
      }
      return difference.isEqual
        ? [first + " has the same tensors, written as other bytes"]
        : [first] + difference.firstTensorLines(a: "stored", b: "replayed")
    case .noCheckpoint(let step):
      return ["different at step \(step): the config demands a checkpoint here, and none is kept"]
    case .unexpectedCheckpoint(let step):
      return ["different at step \(step): a checkpoint is kept, and the config demands none here"]
    case .diverged(let step):
      return ["different at step \(step): the replay's loss is not finite, and the record goes on"]
    case .didNotDiverge(let step):
      return [
        "different at step \(step): the record says the loss stopped being finite before, "
          + "and the replay's is finite"
      ]
    case .outcome(_, let keys):
      var table = TextTable(indent: 2)
      table.add("key", "stored", "replayed", "")
      for key in keys {
        table.add(
          key.key, key.a?.plainText ?? "none", key.b?.plainText ?? "none",
          key.ulps.map(Figures.ulps) ?? "")
      }
      return ["different: the outcome, \(keys.map(\.key).joined(separator: ", "))"] + table.lines
    }
  }
}

extension StateEvidence {
  fileprivate var textLines: [String] {
    switch self {
    case .same:
      ["  the hashes agree, so the state is the same: only what was recorded of it differs"]
    case .unknown: ["  the state differs; no checkpoint from there on is stored"]
    case .checkpoint(let difference):
      difference.isEqual
        ? ["  the stored checkpoint of step \(difference.step) is the replay's"]
        : ["  checkpoint of step \(difference.step)"]
          + difference.firstTensorLines(a: "stored", b: "replayed")
    }
  }
}

extension CheckpointDifference {
  /// The first tensor that differs, its first element and the one furthest apart.
  func firstTensorLines(a: String, b: String) -> [String] {
    guard let tensor = tensors.first else { return [] }
    let others = "  \(tensors.count) of \(comparedTensors) tensors differ, the first of them"
    switch tensor.kind {
    case .onlyInA: return ["\(others) \(tensor.name): it is \(a) only"]
    case .onlyInB: return ["\(others) \(tensor.name): it is \(b) only"]
    case .shape(let left, let right):
      return ["\(others) \(tensor.name): its shape is \(left) \(a), \(right) \(b)"]
    case .values(let values):
      var table = TextTable(indent: 2)
      table.add("element of \(tensor.name)", a, b, "apart")
      let elements =
        values.first == values.largest
        ? [("", values.first)] : [("first ", values.first), ("largest ", values.largest)]
      for (name, element) in elements {
        table.add(
          name + element.place, "\(element.a)", "\(element.b)", Figures.ulps(element.ulps))
      }
      return [
        "\(others) in \(values.differing) of \(Figures.count(values.count, "value"))"
      ] + table.lines
    }
  }
}

extension ValuesDifference.Element {
  /// "[3, 7]", or "the only value" of a tensor without dimensions.
  var place: String { index.isEmpty ? "the only value" : "\(index)" }
}

extension CellDifference.Value {
  /// The first 16 digits of a digest, all of a number.
  var shortText: String {
    switch self {
    case .number: "\(self)"
    case .digest(let digest): digest.hex.prefix(16) + "…"
    }
  }
}
