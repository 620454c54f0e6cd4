import Analysis
import Files

/// The figures of a file of claims, drawn from our runs, with published ones in grey behind them.
struct ClaimsDrawing {
  let file: ClaimsFile
  let runs: Evidence
  let released: Evidence?
  private let names: RunNames

  init(_ file: ClaimsFile, runs: Evidence, released: Evidence?) {
    self.file = file
    self.runs = runs
    self.released = released
    names = RunNames(runs.runs(of: file.experiments.map(\.name)))
  }

  var all: [Figure] { file.figures.map { figure($0, title: $0.title) } }

  /// The figures that are in the picture of the claims.
  var headline: [Figure] {
    file.figures.compactMap { drawn in drawn.headlineTitle.map { figure(drawn, title: $0) } }
  }

  func describe(_ run: Observation) -> String { names.name(run) }

  private func figure(_ drawn: ClaimsFigure, title: String) -> Figure {
    var series: [Figure.Series] = []
    for entry in drawn.series {
      let ours = entry.released == .only ? nil : entry.drawing(of: runs)
      let theirs =
        entry.released != .no || ours == nil
        ? released.flatMap { entry.drawing(of: $0) } : nil
      if let theirs, entry.kind != .diagonal || ours == nil {
        series += self.series(entry, theirs, isOurs: false)
      }
      if let ours { series += self.series(entry, ours, isOurs: true) }
    }
    let places = series.flatMap(\.points).map(\.x)
    if let low = places.min(), let high = places.max() {
      // The ranges of the other figures are known only now.
      for index in series.indices where series[index].isDiagonal {
        series[index].points = [low, high].map { .init(x: $0, y: $0, title: "") }
      }
    }
    return Figure(
      title: title, caption: drawn.caption, xName: drawn.xName, yName: drawn.yName,
      xScale: .init(drawn.xScale), yScale: .init(drawn.yScale), series: series,
      marks: drawn.mark.map { [.init(x: $0.x, label: $0.label, color: .color(6))] } ?? [])
  }

  private func series(
    _ entry: ClaimsFigure.Series, _ drawing: ClaimsFigure.Series.Drawing, isOurs: Bool
  ) -> [Figure.Series] {
    let color = isOurs ? Ink(entry.color) : .grey
    let name = isOurs ? entry.name : entry.released == .only ? entry.name : "released"
    let shift = isOurs ? entry.shift : -entry.shift
    func line(_ points: [(x: Double, y: Double)]) -> [Figure.Point] {
      points.map { .init(x: $0.x, y: $0.y, title: "") }
    }
    func curve(_ name: String, _ points: [Figure.Point], _ form: Figure.Series.Form)
      -> Figure.Series
    {
      .init(name: name, color: color, form: form, points: points)
    }
    func model(_ name: String, _ points: [Figure.Point], _ form: Figure.Series.Form)
      -> Figure.Series
    {
      var series = curve(name, points, form)
      series.isModel = true
      return series
    }
    switch drawing {
    case .points(let points):
      return [
        .init(
          name: name, color: color, form: entry.kind == .medians ? .bars : .points,
          points: points.map { point($0, isOurs: isOurs) }, shift: shift)
      ]
    case .lines(let lines):
      let form: Figure.Series.Form = entry.kind == .curves ? .line : .dashes
      return lines.map { drawn in
        var series = curve(
          isOurs || entry.kind == .curves ? name : entry.name, line(drawn.points), form)
        series.title = drawn.run.map { describe($0) } ?? ""
        series.link = isOurs ? drawn.run.map { "#" + ClaimsReport.anchor($0.source) } : nil
        series.isModel = entry.kind != .curves
        return series
      }
    case .fit(let fit, let points):
      let figures =
        entry.kind == .law
        ? "exponent \(String(printf: "%.2f", fit.slope))"
          + (fit.slopeStandardError.map { ", s.e. \(String(printf: "%.2f", $0))" } ?? "")
        : Self.slope(fit)
      return [
        model("\(entry.name): \(figures)" + (isOurs ? "" : " (released)"), line(points), .line)
      ]
    case .diagonal:
      var series = model(entry.name, [], .dashes)
      series.isDiagonal = true
      return [series]
    case .gap(let points, let fit, let ends):
      let figures = fit.map { ": " + Self.slope($0) }
      let name = (isOurs ? entry.name : "released, " + entry.name) + (figures ?? "")
      return [
        .init(
          name: name, color: color, form: .points,
          points: points.map { point($0, isOurs: isOurs) }),
        model(name, line(ends), .line),
      ]
    }
  }

  /// "slope 1.2, R² 0.9".
  private static func slope(_ fit: LinearFit) -> String {
    "slope \(Figures.rounded(fit.slope))"
      + (fit.rSquared.map { ", R² \(Figures.rounded($0))" } ?? "")
  }

  private func point(_ point: ClaimsFigure.Series.Point, isOurs: Bool) -> Figure.Point {
    var title = point.run.map { describe($0) } ?? ""
    if let step = point.step { title += ", step \(step)" }
    if point.run == nil {
      title = "median of \(Figures.count(point.count, "run")): \(Figures.rounded(point.y))"
    }
    return Figure.Point(
      x: point.x, y: point.y, title: title + (isOurs ? "" : " (released)"),
      link: isOurs ? point.run.map { "#" + ClaimsReport.anchor($0.source) } : nil,
      isCensored: point.isHollow)
  }
}

extension Ink {
  fileprivate init(_ color: ClaimsFigure.Color) {
    self =
      switch color {
      case .number(let number): .color(number)
      case .ramp(let place, let count): .ramp(place, of: count)
      case .grey: .grey
      }
  }
}

extension Axis.Scale {
  fileprivate init(_ scale: ClaimsFigure.Scale) {
    self =
      switch scale {
      case .linear: .linear
      case .logarithmic: .logarithmic
      case .steps: .steps
      }
  }
}
