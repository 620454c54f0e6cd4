private import DeterministicNumerics

/// V = A·e^{bt} + C, fitted by least squares within bounds.
///
/// The solver uses Levenberg and Marquardt's damped normal equations with Marquardt's scaling (SIAM
/// J. 11, 1963). If a parameter lies on a bound and the gradient pushes it outwards, it is held
/// there for the step. A step that leaves the bounds is cut off at them.
///
/// First it steps until no step lowers the sum of squares, which gives half the digits of the
/// optimum. Then it follows the gradient alone until the steps no longer shrink. It ends at the
/// local optimum that scipy's bounded `curve_fit` approaches from the same start.
public struct ExponentialFit: Sendable, Hashable {
  /// A.
  public var amplitude: Double
  /// b, per step.
  public var exponent: Double
  /// C.
  public var floor: Double
  /// 1 − residual sum of squares / total sum of squares. Negative if a bound keeps the curve away
  /// from the mean; nil if V does not vary.
  public var rSquared: Double?

  public struct Bounds: Sendable {
    public var amplitude: ClosedRange<Double>
    public var exponent: ClosedRange<Double>
    public var floor: ClosedRange<Double>

    public init(
      amplitude: ClosedRange<Double>, exponent: ClosedRange<Double>, floor: ClosedRange<Double>
    ) {
      self.amplitude = amplitude
      self.exponent = exponent
      self.floor = floor
    }
  }

  func value(at time: Double) -> Double { amplitude * Elementary64.exp(exponent * time) + floor }

  /// ρ = e^b: the factor per step.
  public var rate: Double { Elementary64.exp(exponent) }
  /// γ = 1 − ρ.
  public var gamma: Double { 1 - rate }

  /// A fit whose numbers are known.
  public init(amplitude: Double, exponent: Double, floor: Double, rSquared: Double?) {
    self.amplitude = amplitude
    self.exponent = exponent
    self.floor = floor
    self.rSquared = rSquared
  }

  /// - Parameter start: (A, b, C); moved into the bounds.
  /// - Precondition: At least three points, as many `values` as `times`.
  public init(
    times: [Double], values: [Double], start: (Double, Double, Double), bounds: Bounds
  ) {
    precondition(
      times.count == values.count && times.count >= 3,
      "\(times.count) times and \(values.count) values cannot be fitted")
    var solver = Solver(times: times, values: values, bounds: bounds, start: start)
    solver.solve()
    (amplitude, exponent, floor) = (solver.point[0], solver.point[1], solver.point[2])
    let mean = values.mean ?? 0
    let total = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    rSquared = total > 0 ? 1 - solver.cost / total : nil
  }
}

extension ExponentialFit {
  /// The paper's fit of the norm from memorisation on (scripts of arXiv 2603.13331). It starts at A
  /// = max(V_0 − 0.9 V_end, 1), b = log(1 − 2ηλ), C = 0.9 V_end. The bounds are A in [0, 1e7], b in
  /// [−1, 0], C in [0, 1.1 V_0].
  ///
  /// Nil for fewer than five points, for unequal counts, if V_0 is not positive or V_end is
  /// negative, and if ηλ is not in [0, 0.5). Also nil if the start is out of bounds (V has risen by
  /// more than 1.1/0.9), where scipy refuses too.
  public init?(normDecay values: [Double], times: [Double], decay: Double) {
    guard values.count >= 5, values.count == times.count, let first = values.first,
      let last = values.last, last >= 0, 0.9 * last <= 1.1 * first, first > 0,
      (0..<0.5).contains(decay)
    else { return nil }
    self.init(
      times: times, values: values,
      start: (max(first - 0.9 * last, 1), Elementary64.log(1 - 2 * decay), 0.9 * last),
      bounds: Bounds(amplitude: 0...1e7, exponent: -1...0, floor: 0...(1.1 * first)))
  }
}

// MARK: The solver

private struct Solver {
  let times: [Double]
  let values: [Double]
  let bounds: [ClosedRange<Double>]
  private(set) var point: [Double]
  private(set) var cost: Double

  init(
    times: [Double], values: [Double], bounds: ExponentialFit.Bounds,
    start: (Double, Double, Double)
  ) {
    self.times = times
    self.values = values
    self.bounds = [bounds.amplitude, bounds.exponent, bounds.floor]
    point = zip([start.0, start.1, start.2], self.bounds).map { $0.clamped(to: $1) }
    cost = 0
    cost = cost(at: point)
  }

  private func cost(at point: [Double]) -> Double {
    var sum = 0.0
    for (time, value) in zip(times, values) {
      let residual = point[0] * Elementary64.exp(point[1] * time) + point[2] - value
      sum += residual * residual
    }
    return sum
  }

  /// The gradient of half the cost, and the Gauss-Newton matrix.
  private func normalEquations() -> (gradient: [Double], matrix: [[Double]]) {
    var gradient = [0.0, 0, 0]
    var matrix = Array(repeating: [0.0, 0, 0], count: 3)
    for (time, value) in zip(times, values) {
      let power = Elementary64.exp(point[1] * time)
      let residual = point[0] * power + point[2] - value
      let row = [power, point[0] * time * power, 1]
      for i in 0..<3 {
        gradient[i] += row[i] * residual
        for j in 0..<3 { matrix[i][j] += row[i] * row[j] }
      }
    }
    return (gradient, matrix)
  }

  /// The parameters that a step may change: all but those that the gradient pushes against their
  /// bound.
  private func free(_ gradient: [Double], _ matrix: [[Double]]) -> [Int] {
    (0..<3).filter { i in
      let outwards = gradient[i] > 0 ? bounds[i].lowerBound : bounds[i].upperBound
      return gradient[i] != 0 && matrix[i][i] > 0 && point[i] != outwards
    }
  }

  mutating func solve() {
    descend()
    polish()
  }

  /// Damped steps for as long as they lower the cost.
  private mutating func descend() {
    var damping = 1e-3
    for _ in 0..<5000 {
      let (gradient, matrix) = normalEquations()
      let free = free(gradient, matrix)
      var hasMoved = false
      while !hasMoved, damping < 1e18, !free.isEmpty {
        if let step = Self.step(gradient, matrix, free, damping) {
          let next = moved(step, free)
          if next == point { return }
          let nextCost = cost(at: next)
          hasMoved = nextCost < cost
          if hasMoved { (point, cost) = (next, nextCost) }
        }
        damping = hasMoved ? max(damping / 8, 1e-18) : damping * 8
      }
      if !hasMoved { return }
    }
  }

  /// Gauss–Newton steps for as long as each is shorter than the one before and the cost stays the
  /// same but for rounding.
  private mutating func polish() {
    var lastLength = Double.infinity
    for _ in 0..<200 {
      let (gradient, matrix) = normalEquations()
      let free = free(gradient, matrix)
      guard !free.isEmpty, let step = Self.step(gradient, matrix, free, 0) else { return }
      let length = zip(free, step).reduce(0) { $0 + $1.1 * $1.1 * matrix[$1.0][$1.0] }
      let next = moved(step, free)
      let nextCost = cost(at: next)
      guard length < lastLength, nextCost <= cost * (1 + 1e-12) else { return }
      (point, cost, lastLength) = (next, nextCost, length)
    }
  }

  private func moved(_ step: [Double], _ free: [Int]) -> [Double] {
    var next = point
    for (i, change) in zip(free, step) { next[i] = (point[i] - change).clamped(to: bounds[i]) }
    return next
  }

  /// The damped step over the free parameters, by Cholesky's factors of the scaled matrix; nil if
  /// the matrix has none.
  private static func step(
    _ gradient: [Double], _ matrix: [[Double]], _ free: [Int], _ damping: Double
  ) -> [Double]? {
    let scale = free.map { matrix[$0][$0].squareRoot() }
    let count = free.count
    var factor = Array(repeating: Array(repeating: 0.0, count: count), count: count)
    for i in 0..<count {
      for j in 0...i {
        var sum = matrix[free[i]][free[j]] / (scale[i] * scale[j])
        if i == j { sum += damping }
        for k in 0..<j { sum -= factor[i][k] * factor[j][k] }
        if i == j {
          guard sum > 0 else { return nil }
          factor[i][i] = sum.squareRoot()
        } else {
          factor[i][j] = sum / factor[j][j]
        }
      }
    }
    var solution = (0..<count).map { gradient[free[$0]] / scale[$0] }
    for i in 0..<count {
      for k in 0..<i { solution[i] -= factor[i][k] * solution[k] }
      solution[i] /= factor[i][i]
    }
    for i in (0..<count).reversed() {
      for k in (i + 1)..<max(count, i + 1) { solution[i] -= factor[k][i] * solution[k] }
      solution[i] /= factor[i][i]
    }
    return zip(solution, scale).map { $0 / $1 }
  }
}

extension Double {
  fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
    self < range.lowerBound ? range.lowerBound : self > range.upperBound ? range.upperBound : self
  }
}
