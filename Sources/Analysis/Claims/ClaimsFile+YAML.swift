internal import Configs
import Digests
private import Files
internal import RunRecords

extension ClaimsFile {
  /// The most quantities and series of figures in a file, together.
  static let mostQuantities = 2000
  static let mostClaims = 1000
  /// The most runs that the experiments of a file ask for.
  static let mostRuns = 10_000
  private static let mostDefinitions = 500

  /// Reads the file at `path`, and the plans that it names.
  public init(path: String) throws(AnalysisError) {
    let content: [UInt8]
    do throws(AnalysisError) {
      content = try DirectoryWalk.content(of: path, most: Self.largestFile)
    } catch {
      // A file that is too large is a mistake in the file.
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
          of: name.hasPrefix("/") ? name : folder + "/" + name, most: Self.largestFile)
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
  ///   - file: The file's name, for errors.
  ///   - plan: Reads the content of a plan, or of an earlier file of claims, that the file names.
  init(
    yaml text: String, file: String = "",
    plan: @escaping (String) throws(AnalysisError) -> [UInt8] = { (name) throws(AnalysisError) in
      throw .unreadable(path: name, reason: "there is no plan")
    }
  ) throws(ReadingFailure) {
    do throws(RecordError) {
      self = try ClaimsFile(reading: text, file: file) { (name) throws(RecordError) in
        do throws(AnalysisError) {
          return try plan(name)
        } catch {
          throw .config(place: "", key: "", reason: "\(error)")
        }
      }
    } catch {
      throw .claims(error)
    }
  }

  private init(
    reading text: String, file: String,
    content: @escaping (String) throws(RecordError) -> [UInt8]
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
    title = try section.required("title", try section.title("title"))
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
    var experiments = ExperimentReader(parser: parser) { (name) throws(RecordError) in
      guard let text = String(validating: try content(name), as: UTF8.self) else {
        throw .config(place: name, key: "", reason: "is not UTF-8")
      }
      return try SweepPlan(yaml: text, file: name)
    }
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
      let change = try Self.change(item, claims: claims, parser, content)
      guard change.earlier?.digest != digest else {
        throw .config(place: item.place, key: "changes.earlier", reason: "is this very file")
      }
      changes.append(change)
    }
    self.changes = changes
    published = try section["published"].map { (tree) throws(RecordError) in
      try PublishedFormat(tree, sets: sets, parser)
    }
  }

  /// The definitions, each checked to be readable.
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
      guard !Expression.names.contains(member.key), !member.key.hasPrefix("squared_norm.") else {
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
    _ tree: YAMLTree, claims: [Claim], _ parser: ExpressionParser,
    _ content: (String) throws(RecordError) -> [UInt8]
  ) throws(RecordError) -> Change {
    let section = try ClaimsSection(
      tree, "changes", keys: ["date", "claim", "what", "before", "after", "reason", "earlier"],
      parser)
    var ids: [Int] = []
    for text in try section.texts("claim") {
      guard let id = claims.first(where: { "\($0.id)" == text })?.id else {
        throw section.refusal("claim", "there is no claim \(text.prefix(40))")
      }
      guard !ids.contains(id) else { throw section.refusal("claim", "has claim \(id) twice") }
      ids.append(id)
    }
    func required(_ key: String) throws(RecordError) -> String {
      try section.required(key, try section.text(key))
    }
    var earlier: Change.Earlier?
    if let name = try section.name("earlier") {
      do throws(RecordError) {
        earlier = .init(name: name, digest: Digest(of: try content(name)))
      } catch {
        throw section.refusal("earlier", "\(error)")
      }
    }
    return Change(
      date: try required("date"), claims: ids, what: try required("what"),
      before: try section.text("before") ?? "", after: try section.text("after") ?? "",
      reason: try required("reason"), earlier: earlier)
  }
}
