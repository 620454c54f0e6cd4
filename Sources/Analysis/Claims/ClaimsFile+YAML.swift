private import Files
internal import RunRecords

extension ClaimsFile {
  /// The most quantities of a file and series of its figures.
  static let mostQuantities = 2000
  static let mostClaims = 1000
  /// The most runs that its experiments ask for.
  static let mostRuns = 10_000
  private static let mostDefinitions = 500

  /// Reads the file at `path`, and the plans that it names.
  public init(path: String) throws(AnalysisError) {
    let content: [UInt8]
    do throws(AnalysisError) {
      content = try DirectoryWalk.content(of: path, most: Self.largestFile)
    } catch {
      // One that is too large is a mistake in it.
      if case .foreign = error { throw .claims(reason: "\(error)") }
      throw error
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw .claims(reason: "\(path): is not UTF-8")
    }
    let folder = PathParts.split(path).folder
    do throws(ReadingFailure) {
      try self.init(yaml: text, file: path) { (name) throws(AnalysisError) in
        try DirectoryWalk.content(
          of: name.hasPrefix("/") ? name : folder + "/" + name, most: SweepPlan.largestPlan)
      }
    } catch {
      switch error {
      case .claims(let error): throw .claims(reason: "\(error)")
      case .file(let error): throw error
      }
    }
  }

  enum ReadingFailure: Error {
    case claims(RecordError)
    case file(AnalysisError)
  }

  /// - Parameters:
  ///   - text: The content of the file.
  ///   - file: Its name, for errors.
  ///   - plan: The content of a plan that it names.
  init(
    yaml text: String, file: String = "",
    plan: @escaping (String) throws(AnalysisError) -> [UInt8] = { (name) throws(AnalysisError) in
      throw .unreadable(path: name, reason: "there is no plan")
    }
  ) throws(ReadingFailure) {
    do throws(RecordError) {
      self = try ClaimsFile(reading: text, file: file) { (name) throws(RecordError) in
        let content: [UInt8]
        do throws(AnalysisError) {
          content = try plan(name)
        } catch {
          throw .config(place: "", key: "", reason: "\(error)")
        }
        guard let text = String(validating: content, as: UTF8.self) else {
          throw .config(place: name, key: "", reason: "is not UTF-8")
        }
        return try SweepPlan(yaml: text, file: name)
      }
    } catch {
      throw .claims(error)
    }
  }

  private init(
    reading text: String, file: String,
    plan: @escaping (String) throws(RecordError) -> SweepPlan
  ) throws(RecordError) {
    func refusal(_ reason: String) -> RecordError {
      .config(place: file, key: "", reason: reason)
    }
    guard text.utf8.count <= Self.largestFile else {
      throw refusal("a file of claims has at most \(Self.largestFile) bytes")
    }
    guard let root = try YAMLTree.read(text, file: file) else {
      throw refusal("a file of claims has claims, and this is empty")
    }
    let keys = [
      "title", "source", "about", "runs", "define", "experiments", "claims", "figures", "changes",
      "published",
    ]
    let parser = ExpressionParser(
      definitions: try Self.definitions(
        try ClaimsSection(root, "", keys: keys, ExpressionParser())["define"]))
    let section = try ClaimsSection(root, "", keys: keys, parser)
    title = try section.required("title", try section.text("title"))
    source = try section.text("source") ?? ""
    about = try section.text("about") ?? ""
    folders = section["runs"] == nil ? ["."] : try section.texts("runs")
    if let folder = folders.first(where: { $0.hasPrefix("/") }) {
      throw section.refusal(
        "runs", "must be relative to the directory of runs, not \(folder.prefix(40))")
    }
    guard !folders.isEmpty, folders.count <= 20 else {
      throw section.refusal("runs", "must be 1 to 20 folders")
    }
    digest = Digest(of: Array(text.utf8))
    var experiments = ExperimentReader(parser: parser, plan: plan)
    try experiments.read(try section.required("experiments", section["experiments"]))
    self.experiments = experiments.experiments
    let sets = experiments.sets
    var reader = QuantityReader(parser: parser, sets: sets)
    var claims: [Claim] = []
    for item in try section.section.items("claims", required: true) {
      guard claims.count < Self.mostClaims else {
        throw .config(
          place: item.place, key: "claims", reason: "a file has at most \(Self.mostClaims) claims")
      }
      let claim = try reader.claim(item, place: claims.count + 1)
      guard !claims.contains(where: { $0.id == claim.id }) else {
        throw .config(
          place: item.place, key: "claims.id", reason: "two claims have the number \(claim.id)")
      }
      claims.append(claim)
    }
    self.claims = claims.sorted { $0.id < $1.id }
    var figures: [ClaimsFigure] = []
    for item in try section.section.items("figures") { figures.append(try reader.figure(item)) }
    self.figures = figures
    var changes: [Change] = []
    for item in try section.section.items("changes") {
      changes.append(try Self.change(item, claims: claims, parser))
    }
    self.changes = changes
    published = try section["published"].map { (tree) throws(RecordError) in
      try PublishedFormat(tree, sets: sets, parser)
    }
  }

  /// The definitions, each of which can be read.
  private static func definitions(_ tree: YAMLTree?) throws(RecordError) -> [String: String] {
    guard let tree else { return [:] }
    let section = try YAMLSection(tree, name: "define", keys: nil)
    guard section.list.count <= mostDefinitions else {
      throw section.refusal("", "there are at most \(mostDefinitions) definitions")
    }
    var definitions: [String: String] = [:]
    for member in section.list {
      guard let text = member.value.scalar else {
        throw section.refusal(member.key, "must be an expression")
      }
      guard !Expression.names.contains(member.key) else {
        throw section.refusal(member.key, "has a meaning already")
      }
      definitions[member.key] = text
    }
    let parser = ExpressionParser(definitions: definitions)
    for member in section.list {
      do throws(ExpressionError) {
        guard try parser.isName(member.key) else {
          throw ExpressionError(reason: "is no name that an expression can have")
        }
        _ = try parser.expression(member.key)
      } catch {
        throw section.refusal(member.key, error.reason)
      }
    }
    return definitions
  }

  private static func change(
    _ tree: YAMLTree, claims: [Claim], _ parser: ExpressionParser
  ) throws(RecordError) -> Change {
    let section = try ClaimsSection(
      tree, "changes", keys: ["date", "claim", "what", "before", "after", "reason"], parser)
    var ids: [Int] = []
    for text in try section.texts("claim") {
      guard let id = Int(text), claims.contains(where: { $0.id == id }) else {
        throw section.refusal("claim", "there is no claim \(text.prefix(40))")
      }
      ids.append(id)
    }
    func required(_ key: String) throws(RecordError) -> String {
      try section.required(key, try section.text(key))
    }
    return Change(
      date: try required("date"), claims: ids, what: try required("what"),
      before: try section.text("before") ?? "", after: try section.text("after") ?? "",
      reason: try required("reason"))
  }
}

/// The sets of runs: by name, the experiments that each stands for.
typealias ExperimentSets = [String: [String]]

private struct ExperimentReader {
  let parser: ExpressionParser
  let plan: (String) throws(RecordError) -> SweepPlan
  private(set) var experiments: [ClaimsFile.Experiment] = []
  private(set) var sets: ExperimentSets = [:]
  private var plans: [String: SweepPlan] = [:]
  private var runs = 0

  private static let most = 200
  private static let mostPlans = 20

  init(parser: ExpressionParser, plan: @escaping (String) throws(RecordError) -> SweepPlan) {
    self.parser = parser
    self.plan = plan
  }

  mutating func read(_ tree: YAMLTree) throws(RecordError) {
    let section = try YAMLSection(tree, name: "experiments", keys: nil)
    guard section.list.count <= Self.most else {
      throw section.refusal("", "there are at most \(Self.most) experiments")
    }
    for member in section.list {
      if case .list(let items) = member.value.content {
        var names: [String] = []
        for item in items {
          guard let name = item.scalar, let known = sets[name] else {
            throw section.refusal(
              member.key,
              "there is no experiment \(item.scalar?.prefix(40) ?? "of that form") above")
          }
          for name in known {
            guard !names.contains(name) else {
              throw section.refusal(member.key, "has \(name.prefix(40)) twice")
            }
            names.append(name)
          }
        }
        sets[member.key] = names
      } else {
        try read(member.key, member.value)
        sets[member.key] = [member.key]
      }
    }
  }

  private mutating func read(_ name: String, _ tree: YAMLTree) throws(RecordError) {
    let section = try ClaimsSection(
      tree, "experiments." + name,
      keys: ["plan", "experiment", "where", "seeds", "least", "spectra"], parser)
    let least = try section.integer("least", in: 1...100_000)
    var source: ClaimsFile.Experiment.Source
    if let condition = try section.expression("where", .condition) {
      for key in ["plan", "experiment", "seeds"] where section[key] != nil {
        throw section.refusal(key, "and where exclude each other")
      }
      source = .recorded(condition)
    } else {
      source = try cells(section)
      if case .cells(_, false) = source, least != nil {
        throw section.refusal("least", "goes with seeds: any, or with where")
      }
    }
    experiments.append(
      ClaimsFile.Experiment(
        name: name, source: source, leastSeeds: least ?? 1,
        spectra: try section.choice("spectra", of: ClaimsFile.Experiment.Spectra.self)))
  }

  private mutating func cells(_ section: ClaimsSection) throws(RecordError)
    -> ClaimsFile.Experiment.Source
  {
    let path = try section.required("plan", try section.text("plan"))
    let name = try section.required("experiment", try section.text("experiment"))
    if plans[path] == nil {
      guard plans.count < Self.mostPlans else {
        throw section.refusal("plan", "a file names at most \(Self.mostPlans) plans")
      }
      do throws(RecordError) {
        plans[path] = try plan(path)
      } catch {
        throw section.refusal("plan", "\(error)")
      }
    }
    guard let experiment = plans[path]?.experiments.first(where: { $0.name == name }) else {
      let known = plans[path]?.experiments.map(\.name) ?? []
      let meant = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw section.refusal("experiment", "\(path) has no experiment \(name.prefix(40))\(meant)")
    }
    let specs = experiment.runs.map(\.spec)
    runs += specs.count
    guard runs <= ClaimsFile.mostRuns else {
      throw section.refusal(
        "experiment", "the experiments of a file ask for at most \(ClaimsFile.mostRuns) runs")
    }
    switch try section.text("seeds") {
    case nil: return .cells(specs, takesAnySeed: false)
    case "any":
      var seen: Set<RunSpec> = []
      let cells = specs.filter { spec in
        var cell = spec
        cell.seed = 0
        return seen.insert(cell).inserted
      }
      return .cells(cells, takesAnySeed: true)
    case .some(let text):
      throw section.refusal("seeds", "can only be any, not \(text.prefix(40))")
    }
  }
}

/// Reads quantities and figures.
private struct QuantityReader {
  let parser: ExpressionParser
  let sets: ExperimentSets
  private var count = 0
  private var names: Set<String> = []
  /// Of what is repeated, in bytes.
  private var size = 0

  init(parser: ExpressionParser, sets: ExperimentSets) {
    self.parser = parser
    self.sets = sets
  }

  private mutating func add(_ section: ClaimsSection) throws(RecordError) {
    count += 1
    guard count <= ClaimsFile.mostQuantities else {
      throw section.refusal(
        "", "a file has at most \(ClaimsFile.mostQuantities) quantities and series")
    }
  }

  private func runs(_ section: ClaimsSection) throws(RecordError) -> [String] {
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
        "headline", reason == nil ? "is missing" : "and not_testable exclude each other")
    }
    for quantity in headlines {
      guard let band = quantity.band else {
        throw refusal(quantity, "headline", "has to have a band")
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
      statement: try section.required("says", try section.text("says")), headlines: headlines,
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
    if let by = try section.expression("by", .any) {
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
      place: tree.place, name: try section.required("name", try section.text("name")),
      experiments: try runs(section), published: published,
      released: try printed(section, "released"), band: try band(section, published),
      note: try section.text("note"), condition: try section.expression("where", .condition),
      statistic: try statistic(section, given[0]),
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

  private func statistic(_ section: ClaimsSection, _ key: String) throws(RecordError) -> Statistic {
    func expression(_ key: String, _ wanted: ClaimsSection.Wanted, in section: ClaimsSection)
      throws(RecordError) -> Expression
    {
      try section.required(key, try section.expression(key, wanted))
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
      if let group = try inner.expression("between", .any) { points = .between(group) }
      if let group = try inner.expression("within", .any) {
        if case .between = points {
          throw inner.refusal("within", "and between exclude each other")
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

  // MARK: Figures

  mutating func figure(_ tree: YAMLTree) throws(RecordError) -> ClaimsFigure {
    let section = try ClaimsSection(
      tree, "figures",
      keys: ["title", "about", "x", "y", "headline", "headline_title", "mark", "series"], parser)
    let title = try section.required("title", try section.text("title"))
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
      name: try inner.required("name", try inner.text("name")),
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
      kind: kind, name: section[kind.rawValue]?.scalar ?? "", color: color,
      shift: try section.number("shift") ?? 0, released: released,
      experiments: kind == .diagonal ? [] : try runs(section),
      condition: try section.expression("where", .condition), x: x, y: y, group: group, flag: flag)
  }
}
