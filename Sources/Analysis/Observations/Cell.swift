internal import Catalogue
internal import RunRecords

/// What the runs of one cell share: everything but the seed.
///
/// What is changed one step after memorisation belongs to one cell too, although T_mem, and with it
/// the step in the config, differs from seed to seed.
struct Cell: Hashable {
  /// The config by dotted names.
  private var config: [String: Value]
  /// The changes, where some are at T_mem + 1; that step is left out.
  private var changes: [Change]?

  private struct Change: Hashable {
    /// Nil: T_mem + 1.
    var step: Int?
    var action: Intervention.Action
  }

  /// The cells that `run` can be of: one, and a second if it is changed at T_mem + 1.
  ///
  /// - Parameter isFree: Whether runs that differ in this key too are of one cell.
  static func all(
    of run: Observation, leavingOut isFree: (String) -> Bool = { _ in false }
  ) -> [Cell] {
    var config = run.config.filter { $0.key != "seed" && !isFree($0.key) }
    let written = Cell(config: config)
    guard let change = run.memorizationStep.map({ $0 + 1 }),
      run.interventions.contains(where: { $0.step == change })
    else { return [written] }
    config[RunSpec.interventionsKey] = nil
    let changes = run.interventions.map {
      Change(step: $0.step == change ? nil : $0.step, action: $0.action)
    }
    return [written, Cell(config: config, changes: changes)]
  }

  /// A number for each run, the same for the runs of one cell: the index of the cell's first run.
  /// Of several cells that a run can go to, it goes to the one that began first.
  static func numbers(of runs: [Observation]) -> [Int] {
    var numbers: [Cell: Int] = [:]
    return runs.indices.map { index in
      let cells = all(of: runs[index])
      let number = cells.compactMap { numbers[$0] }.min() ?? index
      for cell in cells { numbers[cell] = number }
      return number
    }
  }
}
