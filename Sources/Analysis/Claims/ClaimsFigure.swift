internal import RunRecords

/// A figure of runs, as a file of claims describes it.
public struct ClaimsFigure: Sendable {
  public enum Scale: String, Sendable, CaseIterable { case linear, logarithmic, steps }

  public enum Color: Sendable, Hashable {
    case number(Int)
    /// A colour between cold and warm: the index, and how many colours there are.
    case ramp(Int, of: Int)
    case grey
  }

  public var title: String
  public var caption: String
  public var xName: String
  public var yName: String
  public var xScale: Scale
  public var yScale: Scale
  /// The title under which the figure also stands in the picture of the claims; nil if it does not
  /// stand there.
  public var headlineTitle: String?
  /// A value of x that is marked.
  public var mark: (x: Double, label: String)?
  public var series: [Series]

  public struct Series: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
      /// One point for each run.
      case points
      /// One line for each run, over its rows or spectra.
      case curves
      /// The exponential fit of each run.
      case fits
      /// The power law through the runs.
      case law
      /// The least-squares line.
      case line
      /// A line through the means of groups.
      case means
      /// The Kaplan–Meier median of the runs, at each x where at least one is censored.
      case medians
      /// y = x over the range of the other points.
      case diagonal
      /// The points and the line of the gap regression.
      case gap
    }

    /// Whether the published results are drawn, too.
    public enum Released: Sendable { case no, also, only }

    public var kind: Kind
    public var name: String
    public var color: Color
    public var shift: Double
    public var released: Released
    var experiments: [String]
    var condition: Expression?
    var x: Expression?
    var y: Expression?
    var group: Expression?
    /// For points: whether the event had not come. For medians: whether it had.
    var flag: Expression?
  }
}

// MARK: What is drawn

extension ClaimsFigure.Series {
  /// A point for one run, or for several.
  public struct Point: Sendable {
    public var x: Double
    public var y: Double
    /// The run; nil for several.
    public var run: Observation?
    public var isHollow = false
    /// The step of the spectrum, for a point of one.
    public var step: Int?
    /// How many runs it stands for.
    public var count = 1
  }

  /// A line, and the run that it shows.
  public struct Line: Sendable {
    public var points: [(x: Double, y: Double)]
    public var run: Observation?
  }

  /// What is drawn for a series.
  public enum Drawing: Sendable {
    case points([Point])
    case lines([Line])
    /// The line through two points, with its numbers.
    case fit(LinearFit, [(x: Double, y: Double)])
    case diagonal
    case gap([Point], LinearFit?, [(x: Double, y: Double)])
  }

  /// Nil if the evidence has nothing to draw for this series.
  public func drawing(of evidence: Evidence) -> Drawing? {
    if kind == .diagonal { return .diagonal }
    let all = evidence.runs(of: experiments)
    let selecting = ExpressionContext(all)
    let runs = all.indices.filter { index in
      condition.map { selecting.value(of: $0, run: index) == .truth(true) } ?? true
    }.map { all[$0] }
    guard !runs.isEmpty else { return nil }
    let context = ExpressionContext(runs)
    func number(_ expression: Expression?, _ run: Int) -> Double? {
      expression.flatMap { context.value(of: $0, run: run).number }
    }
    let drawing: Drawing? =
      switch kind {
      case .points:
        .points(
          runs.indices.compactMap { index in
            guard let x = number(x, index), let y = number(y, index) else { return nil }
            let isHollow = flag.map { context.value(of: $0, run: index) == .truth(true) } ?? false
            return Point(x: x, y: y, run: runs[index], isHollow: isHollow)
          })
      case .curves: .lines(curves(runs, context))
      case .fits: .lines(runs.compactMap(Self.fit))
      case .law, .line: fitted(runs.indices.compactMap { pair(number(x, $0), number(y, $0)) })
      case .means: means(runs, context)
      case .medians: medians(runs, context)
      case .gap: Self.gap(runs)
      case .diagonal: nil
      }
    return drawing.flatMap { $0.isEmpty ? nil : $0 }
  }

  private func pair(_ x: Double?, _ y: Double?) -> (Double, Double)? {
    guard let x, let y else { return nil }
    return (x, y)
  }

  private func curves(_ runs: [Observation], _ context: ExpressionContext) -> [Line] {
    guard let x, let y else { return [] }
    let overSpectra = x.usesSpectra || y.usesSpectra
    return runs.indices.map { index in
      Line(
        points: context.points(of: x, y, overSpectra: overSpectra, run: index).map {
          (x: $0.0, y: $0.1)
        }, run: runs[index])
    }.filter { !$0.points.isEmpty }
  }

  private static func fit(_ run: Observation) -> Line? {
    guard let fit = run.fit, let start = run.memorizationStep, let end = run.rows.last?.step else {
      return nil
    }
    let points = (0...40).map { part in
      let time = Double(part) / 40 * Double(end - start)
      return (x: Double(start) + time, y: fit.value(at: time))
    }
    return Line(points: points, run: nil)
  }

  private func fitted(_ pairs: [(Double, Double)]) -> Drawing? {
    let used = kind == .law ? pairs.filter { $0.0 > 0 && $0.1 > 0 } : pairs
    let (x, y) = (used.map(\.0), used.map(\.1))
    guard let low = x.min(), let high = x.max(),
      let fit = kind == .law ? LinearFit.powerLaw(x: x, y: y) : LinearFit(x: x, y: y)
    else { return nil }
    return .fit(
      fit, [low, high].map { (x: $0, y: kind == .law ? fit.power(at: $0) : fit.value(at: $0)) })
  }

  private func means(_ runs: [Observation], _ context: ExpressionContext) -> Drawing? {
    guard let x, let y, let group else { return nil }
    let items = runs.indices.compactMap { index -> SampleItem? in
      Statistic.line(.slope, x: x, y: y, .between(group)).item(
        run: index, cell: 0, key: nil, in: context)
    }
    let points = items.grouped(by: \.group).compactMap { group -> (x: Double, y: Double)? in
      guard let x = group.items.map(\.x).mean, let y = group.items.map(\.y).mean else { return nil }
      return (x, y)
    }
    return .lines([Line(points: points, run: nil)])
  }

  private func medians(_ runs: [Observation], _ context: ExpressionContext) -> Drawing? {
    guard let x, let y, let flag else { return nil }
    let items = runs.indices.compactMap { index -> SampleItem? in
      Statistic.censoredMedian(time: y, observed: flag).item(
        run: index, cell: 0, key: x, in: context)
    }
    return .points(
      items.grouped(by: \.key).compactMap { group in
        guard group.items.contains(where: { $0.y == 0 }), let place = group.key.number,
          let median = KaplanMeier.median(
            group.items.map { .init(time: $0.x, isObserved: $0.y == 1) })
        else { return nil }
        return Point(x: place, y: median, count: group.items.count)
      })
  }

  private static func gap(_ runs: [Observation]) -> Drawing? {
    guard let gap = SpectralGap(runs), let low = gap.points.map(\.share).min(),
      let high = gap.points.map(\.share).max()
    else { return nil }
    let bySource = Dictionary(runs.map { ($0.source, $0) }) { first, _ in first }
    return .gap(
      gap.points.map {
        Point(x: $0.share, y: $0.gap, run: bySource[$0.source], step: $0.step)
      }, gap.line,
      gap.line.map { line in [low, high].map { (x: $0, y: line.value(at: $0)) } } ?? [])
  }
}

extension ClaimsFigure.Series.Drawing {
  fileprivate var isEmpty: Bool {
    switch self {
    case .points(let points): points.isEmpty
    case .lines(let lines): lines.allSatisfy(\.points.isEmpty)
    case .gap(let points, _, _): points.isEmpty
    case .fit, .diagonal: false
    }
  }
}
