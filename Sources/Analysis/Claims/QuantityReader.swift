internal import Configs
internal import RunRecords

/// Reads quantities and figures.
struct QuantityReader {
  let parser: ExpressionParser
  let sets: ExperimentSets
  private var count = 0
  private var names: Set<String> = []
  /// The bytes of all repetitions so far.
  var size = 0

  init(parser: ExpressionParser, sets: ExperimentSets) {
    self.parser = parser
    self.sets = sets
  }

  mutating func add(_ section: ClaimsSection) throws(RecordError) {
    count += 1
    guard count <= ClaimsFile.mostQuantities else {
      throw section.refusal(
        "", "a file has at most \(ClaimsFile.mostQuantities) quantities and series")
    }
  }

  func runs(_ section: ClaimsSection) throws(RecordError) -> [String] {
    let names = try section.texts("runs")
    guard !names.isEmpty else { throw section.refusal("runs", "is missing") }
    var runs: [String] = []
    for name in names {
      guard let known = sets[name] else {
        let meant = Spelling.nearest(to: name, among: sets.keys.sorted())
        throw section.refusal(
          "runs",
          "there is no experiment \(name.prefix(40))"
            + (meant.map { "; did you mean \($0)?" } ?? ""))
      }
      for name in known {
        guard !runs.contains(name) else {
          throw section.refusal("runs", "has \(name.prefix(40)) twice")
        }
        runs.append(name)
      }
    }
    return runs
  }

  // MARK: Claims

  mutating func claim(_ tree: YAMLTree, place: Int) throws(RecordError) -> Claim {
    let section = try ClaimsSection(
      tree, "claims",
      keys: ["id", "says", "headline", "published", "beside", "not_testable", "notes"], parser)
    names = []
    let reason = try section.text("not_testable")
    let headlines = try quantities(section, "headline")
    guard headlines.isEmpty == (reason != nil) else {
      throw section.refusal(
        "headline", reason == nil ? "is missing" : "cannot be given together with not_testable")
    }
    for quantity in headlines {
      guard let band = quantity.band else {
        throw refusal(quantity, "headline", "needs a band")
      }
      guard quantity.hasInterval, !band.isExact else {
        throw refusal(
          quantity, "headline",
          "is decided by its interval, and this has none; take a share for a count")
      }
    }
    let secondaries = try quantities(section, "published")
    for quantity in secondaries where quantity.isComparedAsItIs {
      switch quantity.band?.limits {
      case nil, .exactly, .atLeast, .atMost, .above, .below: break
      case .share, .distance, .between:
        throw refusal(
          quantity, "published", "has no interval; its band can be exactly, or one-sided")
      }
    }
    let beside = try quantities(section, "beside")
    if let banded = beside.first(where: { $0.band != nil }) {
      throw refusal(banded, "beside", "decides nothing, and has no band")
    }
    return Claim(
      id: try section.integer("id", in: 1...9999) ?? place,
      statement: try section.required("says", try section.title("says")), headlines: headlines,
      secondaries: secondaries, beside: beside, untestableReason: reason,
      notes: try section.texts("notes"))
  }

  private func refusal(_ quantity: Quantity, _ key: String, _ reason: String) -> RecordError {
    .config(
      place: quantity.place, key: "claims.\(key)", reason: "\(quantity.name.prefix(60)) \(reason)")
  }

  private mutating func quantities(_ section: ClaimsSection, _ key: String) throws(RecordError)
    -> [Quantity]
  {
    guard let tree = section[key] else { return [] }
    var quantities: [Quantity] = []
    for item in tree.items {
      for entry in try item.repeated("claims." + key, size: &size) {
        let quantity = try quantity(entry, "claims." + key)
        guard names.insert(quantity.name).inserted else {
          throw refusal(quantity, key, "is the name of two quantities of this claim")
        }
        quantities.append(quantity)
      }
    }
    return quantities
  }

  private static let statistics =
    Statistic.Summary.allCases.map(\.rawValue) + ["count", "share", "distinct", "ratio"]
    + Statistic.LineFigure.allCases.map(\.rawValue) + ["censored_median", "gap_regression"]

  private mutating func quantity(_ tree: YAMLTree, _ name: String) throws(RecordError) -> Quantity {
    let section = try ClaimsSection(
      tree, name,
      keys: [
        "name", "runs", "where", "by", "then", "join", "paper", "released", "band", "scale", "note",
      ] + Self.statistics, parser)
    try add(section)
    let given = Self.statistics.filter { section[$0] != nil }
    guard given.count == 1 else {
      throw section.refusal(
        given.count > 1 ? given[1] : "",
        given.isEmpty
          ? "has no statistic; one of " + Self.statistics.joined(separator: ", ")
          : "a quantity has one statistic, and this has \(given.joined(separator: " and "))")
    }
    let published = try printed(section, "paper")
    var grouping: (Expression, Statistic.Combination)?
    if let by = try section.expression("by", .any, isJoining: section["join"] != nil) {
      grouping = (
        by,
        try section.required(
          "then", try section.choice("then", of: Statistic.Combination.self))
      )
    } else if section["then"] != nil {
      throw section.refusal("then", "goes with by")
    }
    var isLogarithmic = false
    switch try section.text("scale") {
    case nil, "linear": break
    case "logarithmic": isLogarithmic = true
    case .some(let text):
      throw section.refusal("scale", "must be linear or logarithmic, not \(text.prefix(40))")
    }
    let join = try join(section)
    return Quantity(
      place: tree.place, name: try section.required("name", try section.title("name")),
      experiments: try runs(section), published: published,
      released: try printed(section, "released"), band: try band(section, published),
      note: try section.text("note"), condition: try section.expression("where", .condition),
      statistic: try statistic(section, given[0], isJoining: join != nil),
      grouping: grouping.map { (by: $0.0, then: $0.1) }, join: join,
      isLogarithmic: isLogarithmic)
  }

  private func printed(_ section: ClaimsSection, _ key: String) throws(RecordError)
    -> Quantity.Printed?
  {
    guard let text = try section.text(key) else { return nil }
    guard let printed = Quantity.Printed(text) else {
      throw section.refusal(key, "must be a number as it is printed, not \(text.prefix(40))")
    }
    return printed
  }

  private func join(_ section: ClaimsSection) throws(RecordError) -> (
    experiments: [String], by: Expression
  )? {
    guard let tree = section["join"] else { return nil }
    let inner = try ClaimsSection(tree, "join", keys: ["runs", "by"], parser)
    return (
      experiments: try runs(inner), by: try inner.required("by", try inner.expression("by", .any))
    )
  }

  private func statistic(_ section: ClaimsSection, _ key: String, isJoining: Bool)
    throws(RecordError) -> Statistic
  {
    func expression(_ key: String, _ wanted: ExpressionParser.Wanted, in section: ClaimsSection)
      throws(RecordError) -> Expression
    {
      try section.required(key, try section.expression(key, wanted, isJoining: isJoining))
    }
    func inner(_ keys: [String]) throws(RecordError) -> ClaimsSection {
      try ClaimsSection(section[key]!, key, keys: keys, parser)
    }
    if let summary = Statistic.Summary(rawValue: key) {
      return .summary(summary, try expression(key, .number, in: section))
    }
    if let figure = Statistic.LineFigure(rawValue: key) {
      let inner = try inner(["x", "y", "between", "within"])
      var points = Statistic.Points.runs
      if let group = try inner.expression("between", .any, isJoining: isJoining) {
        points = .between(group)
      }
      if let group = try inner.expression("within", .any, isJoining: isJoining) {
        if case .between = points {
          throw inner.refusal("within", "cannot be given together with between")
        }
        points = .within(group)
      }
      return .line(
        figure, x: try expression("x", .number, in: inner),
        y: try expression("y", .number, in: inner), points)
    }
    switch key {
    case "count": return .count(try expression(key, .condition, in: section))
    case "share": return .share(try expression(key, .condition, in: section))
    case "distinct": return .distinct(try expression(key, .any, in: section))
    case "ratio":
      let inner = try inner(["of", "to"])
      return .ratio(
        of: try expression("of", .number, in: inner), to: try expression("to", .number, in: inner))
    case "censored_median":
      let inner = try inner(["time", "observed"])
      return .censoredMedian(
        time: try expression("time", .number, in: inner),
        observed: try expression("observed", .condition, in: inner))
    default:
      let inner = try inner(["give", "outside"])
      let figure = try inner.required(
        "give", try inner.choice("give", of: Statistic.GapFigure.self))
      return .gap(
        figure, try inner.choice("outside", of: SpectralGap.Convention.self) ?? .common)
    }
  }

  private static let bandSources = ["authors' repeats", "printed spread", "sentence", "ours"]

  private func band(_ section: ClaimsSection, _ published: Quantity.Printed?) throws(RecordError)
    -> Band?
  {
    guard let tree = section["band"] else { return nil }
    let inner = try ClaimsSection(
      tree, "band",
      keys: [
        "within", "of", "from", "to", "at_least", "at_most", "above", "below", "exactly", "source",
      ],
      parser)
    let source = try inner.required("source", try inner.text("source"))
    let kind = source.prefix { $0 != ";" }
    guard Self.bandSources.contains(String(kind)) else {
      throw inner.refusal(
        "source",
        "must begin with \(Self.bandSources.joined(separator: ", ")), before a semicolon, not "
          + "\(kind.prefix(40))")
    }
    let kinds = ["within", "from", "at_least", "at_most", "above", "below", "exactly"]
      .filter { inner[$0] != nil }
    guard kinds.count == 1 else {
      throw section.refusal(
        "band", "has one of within, from, at_least, at_most, above, below, exactly")
    }
    func number(_ key: String) throws(RecordError) -> Double {
      try inner.required(key, try inner.number(key))
    }
    let limits: Band.Limits
    switch kinds[0] {
    case "within":
      guard let center = try inner.number("of") ?? published?.value else {
        throw inner.refusal("within", "is around paper, or around of, and neither is there")
      }
      let text = try inner.required("within", try inner.text("within"))
      let digits = text.prefix { $0 != "%" && $0 != " " }
      guard let width = Quantity.Printed(String(digits))?.value, width > 0,
        ["", "%", " %"].contains(text[digits.endIndex...])
      else {
        throw inner.refusal("within", "must be a number above 0, or a share as 15 %")
      }
      limits =
        text.hasSuffix("%")
        ? .share(width / 100, around: center) : .distance(width, around: center)
    case "from":
      let (low, high) = (try number("from"), try number("to"))
      guard low < high else { throw inner.refusal("to", "must be above from") }
      limits = .between(low, high)
    case "at_least": limits = .atLeast(try number("at_least"))
    case "at_most": limits = .atMost(try number("at_most"))
    case "above": limits = .above(try number("above"))
    case "below": limits = .below(try number("below"))
    default: limits = .exactly(try number("exactly"))
    }
    for key in ["of", "to"] where inner[key] != nil && kinds[0] != (key == "of" ? "within" : "from")
    {
      throw inner.refusal(key, "does not go with \(kinds[0])")
    }
    return Band(limits: limits, source: source)
  }
}
