public import Replay

extension ParameterDistance {
  /// What is found, a line each. It speaks of the states that were measured, as nothing is known of
  /// the steps between them.
  public var textLines: [String] {
    guard let last = points.last else { return ["no state to compare"] }
    func at(_ point: Point) -> String {
      "\(Figures.rounded(100 * point.relativeDistance)) % of ‖θ‖ at step \(point.step)"
    }
    let nowhere =
      points.count == 1 ? "not in this state" : "at none of these \(points.count) states"
    var table = TextTable()
    table.add("states", "\(points.count), up to step \(last.step)")
    guard let apart = firstApart, let farthest else {
      // A distance of 0 does not tell +0 from −0, so the bits were compared, too.
      let otherBits = points.first { !$0.isEqual }
      table.add(
        "apart",
        nowhere
          + (otherBits.map { ", but zeros have other signs at step \($0.step)" }
            ?? ": equal to the bit"))
      return table.lines(columns: nil)
    }
    table.add(
      "first seen apart",
      "at step \(apart.step) of the states measured: \(Figures.rounded(apart.distance))")
    table.add("1 % of ‖θ‖", firstStep(apart: 0.01).map { "step \($0)" } ?? nowhere)
    table.add("farthest", at(farthest))
    table.add("at the end", at(last))
    return table.lines(columns: nil)
  }
}
