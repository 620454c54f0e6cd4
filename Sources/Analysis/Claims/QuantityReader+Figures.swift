internal import Configs
internal import RunRecords

// MARK: Figures

extension QuantityReader {
  mutating func figure(_ tree: YAMLTree) throws(RecordError) -> ClaimsFigure {
    let section = try ClaimsSection(
      tree, "figures",
      keys: ["title", "about", "x", "y", "headline", "headline_title", "mark", "series"], parser)
    let title = try section.required("title", try section.title("title"))
    let (x, y) = (try axis(section, "x"), try axis(section, "y"))
    var mark: (x: Double, label: String)?
    if let tree = section["mark"] {
      let inner = try ClaimsSection(tree, "mark", keys: ["x", "label"], parser)
      mark = (
        x: try inner.required("x", try inner.number("x")),
        label: try inner.required("label", try inner.text("label"))
      )
    }
    var series: [ClaimsFigure.Series] = []
    for item in try section.section.items("series", required: true) {
      let entries = try item.repeated("figures.series", size: &size)
      for (place, entry) in entries.enumerated() {
        series.append(try self.series(entry, place: place, of: entries.count))
      }
    }
    return ClaimsFigure(
      title: title, caption: try section.text("about") ?? "", xName: x.name, yName: y.name,
      xScale: x.scale, yScale: y.scale,
      headlineTitle: try section.section.flag("headline")
        ? try section.text("headline_title") ?? title : nil,
      mark: mark, series: series)
  }

  private func axis(_ section: ClaimsSection, _ key: String) throws(RecordError) -> (
    name: String, scale: ClaimsFigure.Scale
  ) {
    let inner = try ClaimsSection(
      try section.required(key, section[key]), key, keys: ["name", "scale"], parser)
    return (
      name: try inner.required("name", try inner.title("name")),
      scale: try inner.choice("scale", of: ClaimsFigure.Scale.self) ?? .linear
    )
  }

  private mutating func series(_ tree: YAMLTree, place: Int, of count: Int) throws(RecordError)
    -> ClaimsFigure.Series
  {
    let kinds = ClaimsFigure.Series.Kind.allCases
    let section = try ClaimsSection(
      tree, "figures.series",
      keys: kinds.map(\.rawValue)
        + [
          "runs", "where", "x", "y", "hollow", "color", "shift", "released", "by", "time",
          "observed",
        ],
      parser)
    try add(section)
    let given = kinds.filter { section[$0.rawValue] != nil }
    guard given.count == 1, let kind = given.first else {
      throw section.refusal(
        "", "a series is one of \(kinds.map(\.rawValue).joined(separator: ", "))")
    }
    var color = ClaimsFigure.Color.grey
    switch try section.text("color") {
    case nil: break
    case "ramp": color = .ramp(place, of: count)
    case "grey": break
    case .some(let text):
      guard let number = Int(text), (0...6).contains(number) else {
        throw section.refusal("color", "must be 0 to 6, ramp or grey, not \(text.prefix(40))")
      }
      color = .number(number)
    }
    var released = ClaimsFigure.Series.Released.no
    switch try section.text("released") {
    case nil, "false": break
    case "true": released = .also
    case "only": released = .only
    case .some(let text):
      throw section.refusal("released", "must be true, false or only, not \(text.prefix(40))")
    }
    let isOverRows = kind == .curves
    let (x, y) = (
      try section.expression("x", .number, overRows: isOverRows),
      try section.expression(kind == .medians ? "time" : "y", .number, overRows: isOverRows)
    )
    switch kind {
    case .diagonal, .fits, .gap: break
    default:
      _ = try section.required("x", x)
      _ = try section.required(kind == .medians ? "time" : "y", y)
    }
    let group = try section.expression("by", .any)
    if kind == .means { _ = try section.required("by", group) }
    let flag = try section.expression(kind == .medians ? "observed" : "hollow", .condition)
    if kind == .medians { _ = try section.required("observed", flag) }
    return ClaimsFigure.Series(
      kind: kind, name: try section.title(kind.rawValue) ?? "", color: color,
      shift: try section.number("shift") ?? 0, released: released,
      experiments: kind == .diagonal ? [] : try runs(section),
      condition: try section.expression("where", .condition), x: x, y: y, group: group, flag: flag)
  }
}
