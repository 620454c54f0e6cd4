private import DeterministicNumerics
internal import RunRecords

/// A formula over one run, as a file of claims has it (SPEC.md, "Claims").
///
/// A missing value makes arithmetic and comparisons missing; `and` and `or` use three-valued logic.
package indirect enum Expression: Sendable {
  case literal(Value)
  case name(Name)
  case negative(Expression)
  case not(Expression)
  case binary(Operator, Expression, Expression)
  case call(Function, [Expression])
  /// Over the rows of a run, or over its spectra.
  case aggregate(Aggregate, of: Expression, where: Expression?, overSpectra: Bool)
  /// The value for the run that is joined to this one.
  case joined(Expression)
  /// The value at the row before.
  case before(Expression)

  package enum Name: Sendable, Hashable {
    case outcome(String)
    case config(String)
    case fit(String)
    case predicted(DelayPredictor.Form)
    case column(String)
    case spectrum(String)
    case trajectory
    /// The size of K* for this run alone.
    case ownCommonBins
  }

  package enum Operator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case power = "^"
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case atMost = "<="
    case greater = ">"
    case atLeast = ">="
    case and, or
  }

  package enum Function: String, Sendable, CaseIterable {
    case `if`, has, otherwise, abs, sqrt, log, log10, exp, min, max

    var arity: Int {
      switch self {
      case .if: 3
      case .otherwise, .min, .max: 2
      default: 1
      }
    }
  }

  package enum Aggregate: String, Sendable, CaseIterable { case first, last, least, most, average }
}

// MARK: Evaluation

/// The runs that a quantity is about, and what is computed once from all of them.
final class ExpressionContext {
  let runs: [Observation]
  /// The runs that `joined` looks at, by the value that joins them.
  private let joinedRuns: [Value: Observation]
  private let joinKey: Expression?
  private var commonBins: Set<Int>??
  private lazy var predictors = DelayPredictor.leavingOut(runs)
  private var predictions: [DelayPredictor.Form: [Double?]] = [:]
  /// The first row of each step, for each run that `joined` has looked at, by its key.
  private var joinedRows: [Value: [Int: Int]] = [:]

  init(_ runs: [Observation], joining others: [Observation] = [], by key: Expression? = nil) {
    self.runs = runs
    joinKey = key
    var joined: [Value: Observation] = [:]
    if let key {
      var several: Set<Value> = []
      for run in others {
        let value = ExpressionContext([run]).value(of: key, run: 0)
        if joined.updateValue(run, forKey: value) != nil { several.insert(value) }
      }
      // Nothing tells which of several is meant, nor what a missing key joins.
      for value in several.union([.missing]) { joined[value] = nil }
    }
    joinedRuns = joined
  }

  /// The row or spectrum that an aggregate looks at.
  fileprivate enum Place {
    case none
    /// By its index among the run's rows.
    case row(Int)
    case spectrum(Observation.Spectrum)
  }

  func value(of expression: Expression, run: Int) -> Value {
    value(of: expression, runs[run], index: run, at: .none)
  }

  /// The values of `x` and `y` at each row, or spectrum, of a run where both have one.
  func points(of x: Expression, _ y: Expression, overSpectra: Bool, run: Int) -> [(Double, Double)]
  {
    places(of: runs[run], overSpectra: overSpectra).compactMap { place in
      guard let x = value(of: x, runs[run], index: run, at: place).number,
        let y = value(of: y, runs[run], index: run, at: place).number
      else { return nil }
      return (x, y)
    }
  }

  private func places(of run: Observation, overSpectra: Bool) -> [Place] {
    overSpectra ? run.spectra.map(Place.spectrum) : run.rows.indices.map(Place.row)
  }

  private func value(
    of expression: Expression, _ run: Observation, index: Int, at place: Place
  ) -> Value {
    func value(_ part: Expression) -> Value {
      self.value(of: part, run, index: index, at: place)
    }
    switch expression {
    case .literal(let value): return value
    case .name(let name): return self.value(of: name, run, index: index, at: place)
    case .negative(let part): return Value(value(part).number.map { -$0 })
    case .not(let part): return value(part).truth.map { .truth(!$0) } ?? .missing
    case .binary:
      // A sum nests to the left, one level for each term: a loop instead of a recursion.
      var first = expression
      var rest: [(sign: Expression.Operator, right: Expression)] = []
      while case .binary(let sign, let left, let right) = first {
        rest.append((sign, right))
        first = left
      }
      return rest.reversed().reduce(value(first)) { left, next in
        Self.combined(next.sign, left, { value(next.right) })
      }
    case .call(.if, let parts):
      guard let isTrue = value(parts[0]).truth else { return .missing }
      return value(parts[isTrue ? 1 : 2])
    case .call(let function, let parts): return Self.applied(function, parts.map(value))
    case .aggregate(let aggregate, let part, let condition, let overSpectra):
      let values = places(of: run, overSpectra: overSpectra).lazy.filter { place in
        condition.map { self.value(of: $0, run, index: index, at: place) == .truth(true) } ?? true
      }.map { self.value(of: part, run, index: index, at: $0) }
      switch aggregate {
      case .first: return values.first { $0 != .missing } ?? .missing
      case .last: return values.last { $0 != .missing } ?? .missing
      case .least: return Value(values.compactMap(\.number).min())
      case .most: return Value(values.compactMap(\.number).max())
      case .average: return Value(Array(values.compactMap(\.number)).mean)
      }
    case .joined(let part):
      guard let joinKey else { return .missing }
      let key = self.value(of: joinKey, run, index: index, at: .none)
      guard let other = joinedRuns[key] else { return .missing }
      var there = Place.none
      if case .spectrum(let spectrum) = place {
        guard let same = other.spectra.first(where: { $0.step == spectrum.step }) else {
          return .missing
        }
        there = .spectrum(same)
      } else if case .row(let row) = place {
        let steps =
          joinedRows[key]
          ?? Dictionary(other.rows.enumerated().map { ($1.step, $0) }) { first, _ in first }
        joinedRows[key] = steps
        guard let same = steps[run.rows[row].step] else { return .missing }
        there = .row(same)
      }
      return self.value(of: part, other, index: index, at: there)
    case .before(let part):
      guard case .row(let row) = place, row > 0 else { return .missing }
      return self.value(of: part, run, index: index, at: .row(row - 1))
    }
  }

  private func value(
    of name: Expression.Name, _ run: Observation, index: Int, at place: Place
  ) -> Value {
    switch name {
    case .outcome(let key): return run.outcome(key)
    case .config(let key): return run.config[key] ?? .missing
    case .trajectory: return .text(run.trajectory)
    case .fit(let key): return Value(run.fit.flatMap { $0.member(key) })
    case .predicted(let form):
      let delays =
        predictions[form] ?? zip(predictors, runs).map { $0?.delay(form, for: $1) }
      predictions[form] = delays
      return Value(delays[index])
    case .ownCommonBins: return Value(SpectralGap([run]).map { Double($0.bins.count) })
    case .column(let key):
      switch place {
      case .row(let row): return Value(run.value(of: key, row: row))
      case .spectrum(let spectrum) where key == "step": return .number(Double(spectrum.step))
      case .spectrum, .none: return .missing
      }
    case .spectrum(let key):
      guard case .spectrum(let spectrum) = place else { return .missing }
      switch key {
      case "step": return .number(Double(spectrum.step))
      case "outside": return .number(spectrum.outsideShare)
      case "bins": return .number(Double(spectrum.strongBins))
      case "outside_half": return Value(spectrum.oneSidedOutsideShare)
      case "bins_half": return .number(Double(spectrum.strongOneSidedBins))
      default:
        if commonBins == nil { commonBins = .some(SpectralGap(runs)?.bins) }
        guard case .some(.some(let bins)) = commonBins else { return .missing }
        return Value(spectrum.share(outside: bins))
      }
    }
  }

  private static func combined(
    _ sign: Expression.Operator, _ left: Value, _ right: () -> Value
  ) -> Value {
    switch sign {
    case .and:
      if left == .truth(false) { return left }
      let right = right()
      return right == .truth(false) || left == .truth(true) ? right : .missing
    case .or:
      if left == .truth(true) { return left }
      let right = right()
      return right == .truth(true) || left == .truth(false) ? right : .missing
    case .equal, .unequal:
      let right = right()
      guard left != .missing, right != .missing else { return .missing }
      return .truth((left == right) == (sign == .equal))
    default: break
    }
    guard let x = left.number, let y = right().number else { return .missing }
    switch sign {
    case .add: return Value(x + y)
    case .subtract: return Value(x - y)
    case .multiply: return Value(x * y)
    case .divide: return y == 0 ? .missing : Value(x / y)
    case .power: return Value(Elementary64.pow(x, y))
    case .less: return .truth(x < y)
    case .atMost: return .truth(x <= y)
    case .greater: return .truth(x > y)
    default: return .truth(x >= y)
    }
  }

  private static func applied(_ function: Expression.Function, _ values: [Value]) -> Value {
    switch function {
    case .has: return .truth(values[0] != .missing)
    case .otherwise: return values[0] != .missing ? values[0] : values[1]
    default: break
    }
    let numbers = values.compactMap(\.number)
    guard numbers.count == values.count else { return .missing }
    let x = numbers[0]
    switch function {
    case .abs: return Value(x.magnitude)
    case .sqrt: return x < 0 ? .missing : Value(x.squareRoot())
    case .log: return x > 0 ? Value(Elementary64.log(x)) : .missing
    case .log10: return x > 0 ? Value(Elementary64.log10(x)) : .missing
    case .exp: return Value(Elementary64.exp(x))
    case .min: return Value(Swift.min(x, numbers[1]))
    case .max: return Value(Swift.max(x, numbers[1]))
    case .if, .has, .otherwise: return .missing
    }
  }
}

extension Observation {
  /// A value of the outcome by its key.
  func outcome(_ key: String) -> Value {
    switch key {
    case "t_mem": Value(memorizationStep.map(Double.init))
    case "t_grok": Value(grokkingStep.map(Double.init))
    case "v_mem": Value(squaredNormAtMemorization)
    case "v_post": Value(finalSquaredNorm)
    case "v_initial": Value(initialSquaredNorm)
    case "last_step": Value(rows.last.map { Double($0.step) })
    default: stopReason.map(Value.text) ?? .missing
    }
  }
}

extension ExponentialFit {
  fileprivate func member(_ key: String) -> Double? {
    switch key {
    case "rate": rate
    case "gamma": gamma
    case "r_squared": rSquared
    case "amplitude": amplitude
    case "exponent": exponent
    default: floor
    }
  }
}

extension Observation {
  fileprivate func value(of column: String, row: Int) -> Double? {
    let row = rows[row]
    if column == "step" { return Double(row.step) }
    if let known = MetricsRow.columns.first(where: { $0.name == column }) {
      return known.value(row)
    }
    return addedHeadings.firstIndex(of: column).map { row.added[$0] }
  }
}
