internal import Catalogue
internal import RunRecords

/// Which trajectories fork from which, for the trainer's cells of a sweep.
///
/// A config that is changed during the run shares its steps before the change with the config
/// without the change. If several cells share such a beginning, it is a trajectory of its own,
/// performed once.
struct TrajectoryTree {
  private struct Node {
    var base: RunSpec
    var cells: [TrainerCell] = []
    /// The node with fewer changes, and the last step in common.
    var origin: (node: Int, step: Int)?
    var children: [Int] = []
  }

  private var nodes: [Node] = []
  private var indices: [String: Int] = [:]

  /// For a config with changes at more steps than this, only the beginnings before that many of
  /// these steps are shared.
  private static let mostBeginnings = 16

  /// The trajectories in the order of their first cells. Each comes after the one it forks from.
  static func trajectories(of cells: [TrainerCell]) -> [Trajectory] {
    var tree = TrajectoryTree()
    for cell in cells { tree.add(cell) }
    tree.removeUseless()
    return tree.trajectories
  }

  private mutating func add(_ cell: TrainerCell) {
    let spec = cell.spec
    var last: Int?
    // A cell that keeps checkpoints is performed by itself, from the beginning.
    if spec.checkpointInterval == 0 {
      let steps = spec.interventions.map(\.step).filter { $0 > 0 }.distinct
      for step in steps.prefix(Self.mostBeginnings) {
        var beginning = spec
        beginning.interventions.removeAll { $0.step >= step }
        last = node(beginning, after: last)
      }
    }
    let own = node(spec, after: last)
    nodes[own].cells.append(cell)
  }

  private mutating func node(_ base: RunSpec, after origin: Int?) -> Int {
    let key = base.trajectoryKey
    let index = indices[key] ?? nodes.count
    if index == nodes.count {
      indices[key] = index
      nodes.append(Node(base: base))
    }
    guard let origin, nodes[index].origin == nil else { return index }
    let count = nodes[origin].base.interventions.count
    nodes[index].origin = (origin, base.interventions[count].step - 1)
    nodes[origin].children.append(index)
    return index
  }

  /// Removes beginnings that only one trajectory has.
  private mutating func removeUseless() {
    for index in nodes.indices.reversed() {
      guard nodes[index].cells.isEmpty, nodes[index].children.count == 1,
        let child = nodes[index].children.first
      else { continue }
      nodes[index].children = []
      nodes[child].origin = nodes[index].origin
      guard let (parent, _) = nodes[index].origin,
        let place = nodes[parent].children.firstIndex(of: index)
      else { continue }
      nodes[parent].children[place] = child
    }
  }

  private var trajectories: [Trajectory] {
    /// What a node has in common with everything that forks from it.
    struct Subtree {
      var runIDs: Set<String>
      var interval: Int
      var order: Int
    }
    var subtrees: [Int: Subtree] = [:]
    func subtree(_ index: Int) -> Subtree {
      if let known = subtrees[index] { return known }
      let node = nodes[index]
      let below = node.children.map(subtree)
      let views = node.cells.filter { $0.spec.checkpointInterval == 0 }
      let intervals = views.map(\.spec.logInterval) + below.map(\.interval)
      let found = Subtree(
        runIDs: below.reduce(Set(views.map(\.runID))) { $0.union($1.runIDs) },
        interval: intervals.reduce(0, greatestCommonDivisor),
        order: (node.cells.map(\.order) + below.map(\.order)).min() ?? 0)
      subtrees[index] = found
      return found
    }
    var trajectories: [Trajectory] = []
    var isDone = Set<Int>()
    func add(_ index: Int) {
      guard isDone.insert(index).inserted else { return }
      let node = nodes[index]
      guard !node.cells.isEmpty || !node.children.isEmpty else { return }
      var origin: Trajectory.Origin?
      if let (parent, step) = node.origin {
        add(parent)
        let base = nodes[parent].base
        origin = Trajectory.Origin(
          spec: Trajectory.endless(base, interval: subtree(parent).interval),
          key: base.trajectoryKey, step: step)
      }
      var forks: [Int: Set<String>] = [:]
      for child in node.children {
        guard let step = nodes[child].origin?.step else { continue }
        forks[step, default: []].formUnion(subtree(child).runIDs)
      }
      let own = subtree(index)
      trajectories.append(
        Trajectory(
          cells: node.cells, base: node.base, origin: origin,
          forks: forks.sorted { $0.key < $1.key }.map { .init(step: $0.key, runIDs: $0.value) },
          // A cell that keeps checkpoints is not a view.
          interval: own.interval == 0 ? node.base.logInterval : own.interval, order: own.order))
    }
    for index in nodes.indices { add(index) }
    return trajectories
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
  b == 0 ? a : greatestCommonDivisor(b, a % b)
}

extension [Int] {
  /// Without repeated values. The values ascend.
  fileprivate var distinct: [Int] {
    reduce(into: []) { found, step in if found.last != step { found.append(step) } }
  }
}
