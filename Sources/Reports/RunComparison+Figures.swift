import Analysis
import Bundles
import RunRecords

/// The curves of the runs over each other.
extension RunComparison {
  typealias Column = (name: String, value: @Sendable (MetricsRow) -> Double)

  /// Few runs have training and validation in one picture, the former dashed.
  var figures: [Figure] {
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
          let rows = runs[place].trace.metrics
          series.append(
            Figure.Series(
              name: index == 0 ? group.name : "", color: group.color,
              form: index == 0 ? .line : .dashes,
              points: rows.map { .init(x: Double($0.step), y: column.value($0), title: "") },
              title: name(of: place), link: "#" + Self.anchor(place)))
        }
      }
    }
    return Figure(
      title: title,
      caption: columns.count > 1 ? "Solid: validation. Dashed: training." : "",
      xName: "step", yName: yName, xScale: .steps, yScale: scale, yRange: range, series: series,
      marks: marks)
  }

  /// T_mem and T_grok of few runs.
  private var marks: [Figure.Mark] {
    groups.flatMap { group in
      group.runs.flatMap { place in
        [("T_mem", "t_mem"), ("T_grok", "t_grok")].compactMap { label, key in
          runs[place].outcome[key]?.intValue.map {
            .init(
              x: Double($0), label: runs.count > 1 ? "\(labels[place]) \(label)" : label,
              color: group.color)
          }
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
          guard let value = group.value, let time = Self.timeToGrokking(runs[place]) else {
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

  static func anchor(_ place: Int) -> String { "run-\(place + 1)" }
}
