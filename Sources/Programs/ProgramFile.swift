internal import Configs
internal import RunRecords

/// The program file: what to run and how, in YAML.
package enum ProgramFile {
  package static let largestSize = 1 << 20

  private static let keys = [
    "run", "config", "inputs", "metrics", "outcome", "compare", "env", "limits",
  ]

  /// Reads a program file.
  ///
  /// - Parameters:
  ///   - file: The file's name, for errors.
  ///   - config: Returns the text of the config at a path.
  package static func read(
    _ text: String, file: String, config: (String) throws(ProgramError) -> String
  ) throws(ProgramError) -> ProgramRequest {
    guard text.utf8.count <= largestSize else {
      throw .record(
        .config(place: file, key: "", reason: "a program file has at most \(largestSize) bytes"))
    }
    guard let root = try reading(try YAMLTree.read(text, file: file)) else {
      throw .record(.config(place: file, key: "run", reason: "is missing: the file is empty"))
    }
    let section = try reading(
      try YAMLSection(root, name: "", keys: keys, advice: advice(among: keys)))
    var request = ProgramRequest()
    try reading(try readWords(section, &request))
    try readConfig(section, &request, config)
    try reading(try readOutputs(section, &request))
    try reading(try readCompare(section, &request, file: file))
    try reading(try readLimits(section, &request))
    return request
  }

  private static func advice(among keys: [String]) -> (String) -> String {
    { key in Spelling.nearest(to: key, among: keys).map { "; did you mean \($0)?" } ?? "" }
  }

  private static func readWords(
    _ section: YAMLSection, _ request: inout ProgramRequest
  ) throws(RecordError) {
    if section["run"] != nil {
      request.run = try texts(
        "run", section, demand: "must be a list of words, as [python, train.py]; no shell reads it")
      guard !request.run.isEmpty else {
        throw section.refusal("run", "must name a program")
      }
    }
    if section["inputs"] != nil {
      request.inputs = try texts("inputs", section, demand: "must be a list of paths")
    }
    guard section["env"] != nil else { return }
    request.environment = try texts("env", section, demand: "must be a list of names of variables")
    for name in request.environment {
      if let fault = ProgramRequest.fault(inVariable: name) { throw section.refusal("env", fault) }
    }
  }

  private static func texts(
    _ key: String, _ section: YAMLSection, demand: String
  ) throws(RecordError) -> [String] {
    guard case .list(let items)? = section[key]?.content else {
      throw section.refusal(key, demand)
    }
    var texts: [String] = []
    for item in items {
      guard let text = item.scalar else { throw section.refusal(key, demand, at: item.place) }
      texts.append(text)
    }
    return texts
  }

  private static func readConfig(
    _ section: YAMLSection, _ request: inout ProgramRequest,
    _ config: (String) throws(ProgramError) -> String
  ) throws(ProgramError) {
    guard let tree = section["config"] else { return }
    switch tree.content {
    case .mapping: request.config = try reading(try ProgramConfig.json(of: tree, key: "config"))
    case .plain(let path), .text(let path):
      guard !path.isEmpty else {
        throw .record(section.refusal("config", "must be the path of a config, or its keys"))
      }
      let text = try config(path)
      request.config = try reading(try ProgramConfig.json(yaml: text, file: path))
    case .list:
      throw .record(section.refusal("config", "must be the path of a config, or its keys"))
    }
  }

  private static func readOutputs(
    _ section: YAMLSection, _ request: inout ProgramRequest
  ) throws(RecordError) {
    if let tree = section["metrics"] {
      request.namesMetrics = true
      switch tree.content {
      case .plain, .text: request.metrics.file = try section.text("metrics")
      case .mapping:
        let keys = ["file", "step"]
        let inner = try YAMLSection(tree, name: "metrics", keys: keys, advice: advice(among: keys))
        request.metrics.file = try inner.text("file", default: request.metrics.file)
        request.metrics.step = try inner.text("step", default: request.metrics.step)
      case .list: throw section.refusal("metrics", "must be a file, or {file: …, step: …}")
      }
      if let fault = ProgramRequest.fault(inFile: request.metrics.file) {
        throw section.refusal("metrics", fault)
      }
    }
    guard section["outcome"] != nil else { return }
    request.namesOutcome = true
    request.outcome = try section.text("outcome")
    if let fault = ProgramRequest.fault(inFile: request.outcome) {
      throw section.refusal("outcome", fault)
    }
  }

  private static func readCompare(
    _ section: YAMLSection, _ request: inout ProgramRequest, file: String
  ) throws(RecordError) {
    guard let tree = section["compare"] else { return }
    let json = try ProgramConfig.json(of: tree, key: "compare")
    do throws(RecordError) {
      request.compare = try ComparePolicy(written: json, file: file)
    } catch {
      guard case .program(_, let key, let reason) = error else { throw error }
      throw .config(place: place(of: key, in: tree), key: key, reason: reason)
    }
  }

  /// Where a key below "compare" stands, or the mapping that should hold it.
  private static func place(of key: String, in tree: YAMLTree) -> String {
    var rest = key.dropFirst("compare".count)
    var place = tree.place
    var tree = tree
    while rest.first == ".", case .mapping(let members) = tree.content {
      rest = rest.dropFirst()
      // Names may have dots. The longest match is meant.
      let found = members.filter { rest == $0.key || rest.hasPrefix($0.key + ".") }
        .max { $0.key.count < $1.key.count }
      guard let found else { break }
      place = found.place
      tree = found.value
      rest = rest.dropFirst(found.key.count)
    }
    return place
  }

  private static func readLimits(
    _ section: YAMLSection, _ request: inout ProgramRequest
  ) throws(RecordError) {
    guard let tree = section["limits"] else { return }
    let keys = ["output", "time", "files"]
    let inner = try YAMLSection(tree, name: "limits", keys: keys, advice: advice(among: keys))
    if inner["output"] != nil {
      guard let bytes = ProgramLimits.bytes(try inner.text("output")) else {
        throw inner.refusal("output", "must be a number of bytes, as 20 GB or 512 MiB")
      }
      request.limits.bytes = bytes
    }
    if inner["time"] != nil {
      guard let seconds = ProgramLimits.seconds(try inner.text("time")) else {
        throw inner.refusal("time", "must be a time, as 12 h, 90 min or 30 s")
      }
      request.limits.seconds = seconds
    }
    if let files = try inner.integer("files", in: 1...10_000_000) { request.limits.files = files }
  }
}
