public import Replay

extension ParameterDistance {
  /// What is found, a line each.
  public var textLines: [String] {
    guard let last = points.last, let farthest else { return ["no state to compare"] }
    func at(_ point: Point) -> String {
      "\(Figures.rounded(100 * point.relativeDistance)) % of ‖θ‖ at step \(point.step)"
    }
    var table = TextTable()
    let apart = points.first { $0.distance > 0 }
    table.add("states", "\(points.count), up to step \(last.step)")
    guard let apart else {
      table.add("apart", "never: equal to the bit")
      return table.lines(columns: nil)
    }
    table.add("apart from", "step \(apart.step): \(Figures.rounded(apart.distance))")
    table.add("1 % of ‖θ‖", firstStep(apart: 0.01).map { "step \($0)" } ?? "never")
    table.add("farthest", at(farthest))
    table.add("at the end", at(last))
    return table.lines(columns: nil)
  }
}
