public import Bundles
public import RunRecords
import Synchronization

/// How far apart the parameters of two runs are, at some of their steps. Both runs are performed
/// again to measure it. Each state counts only if its replay is identical, row by row, to the
/// record. Nothing is known of the steps between two states.
public struct ParameterDistance: Sendable, Hashable {
  public struct Point: Sendable, Hashable {
    public var step: Int
    /// ‖θ_a − θ_b‖.
    public var distance: Double
    /// ‖θ_a‖.
    public var norm: Double
    /// Whether all parameters have the same bits. If not, the distance may still be 0: it does not
    /// tell +0 from −0.
    public var isEqual: Bool
    /// ‖θ_a − θ_b‖ ÷ ‖θ_a‖; 0 if both are equal, whatever their norm.
    public var relativeDistance: Double { distance == 0 ? 0 : distance / norm }
  }

  /// The points after each step that the interval divides, and after the last step that both runs
  /// have; ascending.
  public var points: [Point]

  /// The most memory that the states of one run may take, in bytes.
  public static let mostBytes = 1 << 31

  /// Bytes that the states of one of two runs take, with one state every `interval` steps.
  public static func bytes(of a: RecordedRun, and b: RecordedRun, interval: Int) -> Int {
    guard let last = lastStep(of: a, and: b), let spec = try? RunSpec(json: a.config) else {
      return 0
    }
    return (last / interval + 2) * 4 * spec.parameterCount
  }

  /// The last step that both runs have; nil if one of them has no row.
  private static func lastStep(of a: RecordedRun, and b: RecordedRun) -> Int? {
    guard let a = a.trace.metrics.last?.step, let b = b.trace.metrics.last?.step else { return nil }
    return min(a, b)
  }

  /// Why the distance of two runs cannot be measured, as a clause; nil if it can.
  public static func obstacle(_ a: RecordedRun, _ b: RecordedRun) -> String? {
    guard let a = try? RunSpec(json: a.config), let b = try? RunSpec(json: b.config) else {
      return "one of their configs cannot be read"
    }
    return a.hasTensors(of: b)
      ? nil : "their models have other tensors, so their parameters cannot be compared"
  }

  /// Measures the distance. Fails with the report of the first replay that was not identical.
  ///
  /// - Parameters:
  ///   - interval: Steps from one state to the next.
  ///   - jobs: The number of threads that compute.
  ///   - progress: Called from time to time with the part of both replays that is done, 0 to 1.
  public static func measure(
    _ a: RecordedRun, _ b: RecordedRun, interval: Int, with reexecutor: any Reexecutor, jobs: Int,
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) throws -> Result<ParameterDistance, ReplayDiffers> {
    let steps = [a, b].map { Double(($0.trace.metrics.last?.step ?? 0) + 1) }
    let last = lastStep(of: a, and: b)
    let states = Mutex<[Int: [NamedTensor]]>([:])
    let points = Mutex<[Point]>([])
    func replay(
      _ run: RecordedRun, done: Double, of total: Double,
      _ look: @escaping @Sendable (Int, [NamedTensor]) -> Void
    ) throws -> ReplayReport {
      let observer = Replay.Observer(interval: interval, also: last) { state in
        // What only one of the runs has is compared with nothing.
        guard let last, state.step <= last else { return }
        look(state.step, state.checkpoint().parameters)
      }
      return try Replay(run, with: reexecutor, jobs: jobs, observer: observer)
        .perform(progress: { progress((done + Double($0.stepsDone)) / total) })
    }
    let total = steps[0] + steps[1]
    let first = try replay(a, done: 0, of: total) { step, parameters in
      states.withLock { $0[step] = parameters }
    }
    guard case .identical = first.verdict else {
      return .failure(ReplayDiffers(path: a.path, report: first))
    }
    let second = try replay(b, done: steps[0], of: total) { step, parameters in
      guard let other = states.withLock({ $0.removeValue(forKey: step) }) else { return }
      let point = Point(step: step, from: other, to: parameters)
      points.withLock { $0.append(point) }
    }
    guard case .identical = second.verdict else {
      return .failure(ReplayDiffers(path: b.path, report: second))
    }
    // The segments of a run with checkpoints may be performed in any order.
    return .success(
      ParameterDistance(points: points.withLock { $0 }.sorted { $0.step < $1.step }))
  }

  /// The first point where the parameters are apart.
  public var firstApart: Point? { points.first { $0.distance > 0 } }

  /// The first step after which the parameters are at least `share` of their norm apart.
  public func firstStep(apart share: Double) -> Int? {
    points.first { $0.relativeDistance >= share }?.step
  }

  /// The point where the parameters are farthest apart, as a share of the norm; nil if they are
  /// apart at none.
  public var farthest: Point? {
    points.filter { $0.distance > 0 }.max { $0.relativeDistance < $1.relativeDistance }
  }
}

/// The replay of a run differed from its record, or was impossible.
public struct ReplayDiffers: Error {
  /// Which of the runs it is.
  public let path: String
  public let report: ReplayReport
}

extension ParameterDistance.Point {
  /// Computed in binary64, tensor by tensor and element by element.
  fileprivate init(step: Int, from a: [NamedTensor], to b: [NamedTensor]) {
    var distance = 0.0
    var norm = 0.0
    var isEqual = true
    for (x, y) in zip(a, b) {
      for (x, y) in zip(x.values, y.values) {
        let difference = Double(x) - Double(y)
        distance += difference * difference
        norm += Double(x) * Double(x)
        isEqual = isEqual && x.bitPattern == y.bitPattern
      }
    }
    self.init(
      step: step, distance: distance.squareRoot(), norm: norm.squareRoot(), isEqual: isEqual)
  }
}

// MARK: Text

extension ParameterDistance {
  /// The first line of the table, without its newline.
  public static let csvHeader = "step,distance,norm"

  /// One line per state: the step, ‖θ_a − θ_b‖ and ‖θ_a‖.
  public var csv: String {
    let lines = points.map {
      "\($0.step),\(shortestDecimal($0.distance)),\(shortestDecimal($0.norm))\n"
    }
    return Self.csvHeader + "\n" + lines.joined()
  }

  public var json: CanonicalJSON {
    .object([
      "first_step_1_percent_apart": firstStep(apart: 0.01).map { CanonicalJSON($0) } ?? .null,
      "farthest_step": farthest.map { CanonicalJSON($0.step) } ?? .null,
      "points": .array(
        points.map {
          [
            "step": CanonicalJSON($0.step), "distance": .number($0.distance),
            "norm": .number($0.norm),
          ]
        }),
    ])
  }
}
