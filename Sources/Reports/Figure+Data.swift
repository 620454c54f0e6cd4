import Archive
import Bundles
import RunRecords

/// What the page's script needs beside the picture: axes, and the values that were drawn.
extension Figure {
  /// JSON without any "<", so that it cannot end an element of the page.
  ///
  /// Series are in the order of drawing, with the number of their column of x, of which they may
  /// have the first values only. Values are exact: base64 of binary64, little-endian. Of curves
  /// also those are there that the axes of the picture have no place for, as other axes have one.
  ///
  /// - Parameter mostValues: Of curves with more values every so many steps are there; points are
  ///   all there.
  func data(mostValues: Int) -> String {
    var series = series.filter { $0.points.contains(where: isDrawn) }
    for index in series.indices {
      let isCurve = series[index].form == .line || series[index].form == .dashes
      series[index].points.removeAll { isCurve ? !($0.x.isFinite && $0.y.isFinite) : !isDrawn($0) }
    }
    let every = Self.thin(&series, to: mostValues)
    let keys = legend.map(\.name)
    var columns: [[Double]] = []
    let entries = series.map { series -> CanonicalJSON in
      let place = Self.column(of: series.points.map(\.x), in: &columns)
      var entry: [CanonicalJSON.Key: CanonicalJSON] = [
        "form": .string("\(series.form)"), "color": .string(series.color.name),
        "x": .number(Double(place)),
        "y": .string(Self.encoded(series.points.map(\.y))),
      ]
      if let key = keys.firstIndex(of: series.name) { entry["key"] = .number(Double(key)) }
      if !series.label.isEmpty { entry["label"] = .string(series.label) }
      if series.shift != 0 { entry["shift"] = .number(series.shift) }
      if series.isModel { entry["isModel"] = .bool(true) }
      return .object(entry)
    }
    let (x, y) = axes(of: drawn)
    var data: [CanonicalJSON.Key: CanonicalJSON] = [
      "columns": .array(columns.map { .string(Self.encoded($0)) }), "series": .array(entries),
      "marks": .array(
        sortedMarks.map { mark in
          [
            "x": .number(mark.x), "label": .string(mark.label), "color": .string(mark.color.name),
          ]
        }),
      "x": .object(x.data(name: xName)),
      "y": .object(
        y.data(name: yName).merging(yRange == nil ? [:] : ["isFixed": .bool(true)]) { $1 }),
    ]
    if every > 1 { data["every"] = .number(Double(every)) }
    return HTML.inScript(CanonicalJSON.object(data).text)
  }

  /// Where those values are, or begin: curves of one interval end at different steps.
  private static func column(of values: [Double], in columns: inout [[Double]]) -> Int {
    for place in columns.indices {
      if columns[place].starts(with: values) { return place }
      if values.starts(with: columns[place]) {
        columns[place] = values
        return place
      }
    }
    columns.append(values)
    return columns.count - 1
  }

  /// Leaves every so many steps of the curves, the same of each; gives how many.
  private static func thin(_ series: inout [Series], to most: Int) -> Int {
    let curves = series.indices.filter { series[$0].form == .line || series[$0].form == .dashes }
    let count = curves.reduce(0) { $0 + series[$1].points.count }
    guard count > most else { return 1 }
    let every = (count + most - 1) / max(most, 1)
    let steps = Set(curves.flatMap { series[$0].points.map(\.x) }).sorted()
    let kept = Set(stride(from: 0, to: steps.count, by: every).map { steps[$0] } + steps.suffix(1))
    for index in curves { series[index].points.removeAll { !kept.contains($0.x) } }
    return every
  }

  private static func encoded(_ values: [Double]) -> String {
    Base64.encoded(
      values.flatMap { value in
        (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
      })
  }
}

extension Axis {
  /// In the form that the script draws. `span` of a logarithmic axis holds logarithms.
  fileprivate func data(name: String) -> [CanonicalJSON.Key: CanonicalJSON] {
    var data: [CanonicalJSON.Key: CanonicalJSON] = [
      "name": .string(name), "span": .array([.number(scale.low), .number(scale.high)]),
    ]
    if isLogarithmic {
      data["log"] = .bool(true)
      data["zero"] = .number(zero)
    }
    return data
  }
}
