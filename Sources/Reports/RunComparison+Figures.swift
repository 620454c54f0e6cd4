import Analysis
import Bundles
import RunRecords

/// The curves of the runs over each other.
extension RunComparison {
  typealias Column = (name: String, value: @Sendable (MetricsRow) -> Double)

  /// If there are few runs, one picture has training (dashed) and validation.
  var figures: [Figure] { trainers.isEmpty ? figuresByColumn : figuresOfTrainer }

  private var figuresOfTrainer: [Figure] {
    let trainAccuracy: Column = ("training", { $0.trainAccuracy })
    let accuracy: Column = ("validation", { $0.validationAccuracy })
    let trainLoss: Column = ("training", { $0.trainLoss })
    let loss: Column = ("validation", { $0.validationLoss })
    let norm: Column = ("V", { $0.squaredNorm })
    let curves =
      runs.count <= 3
      ? [
        figure("Accuracy", "accuracy", [accuracy, trainAccuracy], range: 0...1, marks: marks),
        figure("Loss", "loss", [loss, trainLoss], scale: .logarithmic),
      ]
      : [
        figure("Validation accuracy", "accuracy", [accuracy], range: 0...1),
        figure("Training accuracy", "accuracy", [trainAccuracy], range: 0...1),
        figure("Validation loss", "loss", [loss], scale: .logarithmic),
        figure("Training loss", "loss", [trainLoss], scale: .logarithmic),
      ]
    return curves + [figure("V = ‖θ‖²", "V", [norm], scale: .logarithmic)] + timesOverKey
  }

  private func figure(
    _ title: String, _ yName: String, _ columns: [Column], scale: Axis.Scale = .linear,
    range: ClosedRange<Double>? = nil, marks: [Figure.Mark] = []
  ) -> Figure {
    var series: [Figure.Series] = []
    for group in groups {
      for (index, column) in columns.enumerated() {
        for place in group.runs {
          let rows = trainers[place].trace.metrics
          series.append(
            Figure.Series(
              name: group.name, color: group.color, form: index == 0 ? .line : .dashes,
              points: rows.map { .init(x: Double($0.step), y: column.value($0), title: "") },
              title: name(of: place), link: "#" + Self.anchor(place),
              label: columns.count > 1 ? "\(labels[place]) \(column.name)" : label(of: place)))
        }
      }
    }
    return Figure(
      title: title,
      caption: columns.count > 1 ? "Solid: validation. Dashed: training." : "",
      xName: "step", yName: yName, xScale: .steps, yScale: scale, yRange: range, series: series,
      marks: marks)
  }

  /// The name of a run in the read-out: its letter or number if there are few runs, else its title.
  private func label(of place: Int) -> String { runs.count > Self.fewRuns ? "" : labels[place] }

  /// T_mem and T_grok of few runs, and where they are changed on the way.
  private var marks: [Figure.Mark] {
    groups.flatMap { group in
      group.runs.flatMap { place in
        let times = [("T_mem", "t_mem"), ("T_grok", "t_grok")].compactMap { label, key in
          trainers[place].outcome[key]?.intValue.map { (label, $0) }
        }
        let changes = trainers[place].stepsOfChange.map { ("at \($0)", $0) }
        return (times + changes).map { label, step in
          Figure.Mark(
            x: Double(step), label: runs.count > 1 ? "\(labels[place]) \(label)" : label,
            color: group.color)
        }
      }
    }
  }

  /// T_grok of many runs over the key that groups them.
  private var timesOverKey: [Figure] {
    let values = groups.compactMap(\.value)
    guard let key, values.count > 2, runs.count > Self.fewRuns else {
      return []
    }
    let isWide = values.allSatisfy { $0 > 0 } && (values.max() ?? 1) >= 8 * (values.min() ?? 1)
    let series = groups.map { group in
      Figure.Series(
        name: "", color: group.color, form: .points,
        points: group.runs.compactMap { place in
          guard let value = group.value, let time = Self.timeToGrokking(trainers[place]) else {
            return nil
          }
          return .init(
            x: value, y: time.time,
            title: name(of: place) + (time.isObserved ? "" : ", not grokked"),
            link: "#" + Self.anchor(place), isCensored: !time.isObserved)
        })
    }
    return [
      Figure(
        title: "T_grok over \(key)", caption: "Hollow: not grokked when the run ended.",
        xName: key, yName: "T_grok", xScale: isWide ? .logarithmic : .linear,
        yScale: .logarithmic, series: series)
    ]
  }

  /// More columns than this are not drawn.
  private static let mostFigures = 24

  /// A picture for each name of a column that some run has numbers in, those that more have first.
  private var figuresByColumn: [Figure] {
    var curves: [String: [(place: Int, curve: TableCurve)]] = [:]
    var names: [String] = []
    for (place, run) in runs.enumerated() {
      let table = run.table
      for column in table.columns {
        guard let curve = TableCurve(column, steps: table.steps) else { continue }
        if curves[column.name] == nil { names.append(column.name) }
        curves[column.name, default: []].append((place, curve))
      }
    }
    let order = names.enumerated().sorted { a, b in
      let (x, y) = (curves[a.element]?.count ?? 0, curves[b.element]?.count ?? 0)
      return x == y ? a.offset < b.offset : x > y
    }
    return order.prefix(Self.mostFigures).map { figure($0.element, curves[$0.element] ?? []) }
  }

  private func figure(_ name: String, _ curves: [(place: Int, curve: TableCurve)]) -> Figure {
    let byPlace = Dictionary(uniqueKeysWithValues: curves.map { ($0.place, $0.curve) })
    let values = curves.flatMap { $0.curve.points.map(\.value) }
    // Losses fall over decades.
    let isWide = values.allSatisfy { $0 > 0 } && (values.max() ?? 1) / (values.min() ?? 1) > 100
    let series = groups.flatMap { group in
      group.runs.compactMap { place in
        byPlace[place].map { curve in
          Figure.Series(
            name: group.name, color: group.color, form: .line,
            points: curve.points.map { .init(x: Double($0.step), y: $0.value, title: "") },
            title: self.name(of: place), link: "#" + Self.anchor(place), label: label(of: place))
        }
      }
    }
    return Figure(
      title: name, caption: "", xName: "step", yName: name, xScale: .steps,
      yScale: isWide ? .logarithmic : .linear, yRange: nil, series: series, marks: [])
  }

  static func anchor(_ place: Int) -> String { "run-\(place + 1)" }
}
