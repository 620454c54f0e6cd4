internal import Configs
private import DeterministicNumerics
internal import RunRecords

#if canImport(FoundationEssentials)
  private import FoundationEssentials
#else
  private import Foundation
#endif

/// How results that others have published are read: which file has the runs of which experiment,
/// and where each value stands in it.
struct PublishedFormat: Sendable {
  var files: [File]

  struct File: Sendable {
    var name: String
    /// The path of the member that has the list of runs; empty if the file itself is the list.
    var list: [String]
    var experiment: String
    var first: Int?
    var skip: Int
    /// Members, with their texts, that a run must have (`condition`) or must not have
    /// (`exclusion`).
    var condition: [(key: String, text: String)]
    var exclusion: [(key: String, text: String)]
    var constants: [String: Value]
    var values: [String: [String]]
    var rows: [String: [String]]
    var fit: [String: [String]]
    var spectra: [String: [String]]
    var isFull: Bool
  }

  private enum Resolution: String, CaseIterable { case low, full }

  private static let outcomeKeys = ["t_mem", "t_grok", "v_initial", "v_mem", "v_post"]
  private static let rowKeys = ["step"] + MetricsRow.columns.map(\.name)
  private static let fitKeys = ["rate", "r_squared", "amplitude", "floor"]
  private static let spectrumKeys = ["step", "outside", "bins", "power"]

  init(_ tree: YAMLTree, sets: ExperimentSets, _ parser: ExpressionParser) throws(RecordError) {
    let shared = ["values", "rows", "fit", "spectra", "set"]
    let section = try ClaimsSection(
      tree, "published", keys: ["about", "files"] + shared, parser)
    let common = try Members(section)
    var files: [File] = []
    for item in try section.section.items("files", required: true) {
      let file = try ClaimsSection(
        item, "published.files",
        keys: [
          "file", "runs", "experiment", "first", "skip", "where", "unless", "resolution",
        ] + shared, parser)
      let own = try Members(file)
      let experiment = try file.required("experiment", try file.text("experiment"))
      guard let experiments = sets[experiment] else {
        throw file.refusal("experiment", "there is no experiment \(experiment.prefix(40))")
      }
      guard experiments.count == 1 else {
        throw file.refusal("experiment", "\(experiment.prefix(40)) is a set of experiments")
      }
      let name = try file.required("file", try file.name("file"))
      files.append(
        File(
          name: name,
          list: try file.text("runs").map { $0.split(separator: ".").map(String.init) } ?? [],
          experiment: experiments[0], first: try file.integer("first", in: 1...1_000_000),
          skip: try file.integer("skip", in: 0...1_000_000) ?? 0,
          condition: try Members.texts(file, "where").map { (key: $0.0, text: $0.1) },
          exclusion: try Members.texts(file, "unless").map { (key: $0.0, text: $0.1) },
          constants: common.constants.merging(own.constants) { $1 },
          values: common.values.merging(own.values) { $1 },
          rows: common.rows.merging(own.rows) { $1 }, fit: common.fit.merging(own.fit) { $1 },
          spectra: common.spectra.merging(own.spectra) { $1 },
          isFull: try file.choice("resolution", of: Resolution.self) == .full))
    }
    self.files = files
  }

  /// Where values stand in published files, by our names for the values.
  private struct Members {
    var values: [String: [String]]
    var rows: [String: [String]]
    var fit: [String: [String]]
    var spectra: [String: [String]]
    var constants: [String: Value]

    init(_ section: ClaimsSection) throws(RecordError) {
      values = try Self.paths(section, "values", of: PublishedFormat.outcomeKeys + RunSpec.keys)
      rows = try Self.paths(section, "rows", of: PublishedFormat.rowKeys)
      fit = try Self.paths(section, "fit", of: PublishedFormat.fitKeys)
      spectra = try Self.paths(section, "spectra", of: PublishedFormat.spectrumKeys)
      constants = [:]
      for (key, text) in try Self.texts(section, "set") {
        guard RunSpec.keys.contains(key) else {
          throw section.refusal("set", "\(key.prefix(40)) is no key of a config")
        }
        constants[key] = Quantity.Printed(text).map { .number($0.value) } ?? .text(text)
      }
    }

    private static func paths(
      _ section: ClaimsSection, _ key: String, of known: [String]
    ) throws(RecordError) -> [String: [String]] {
      var paths: [String: [String]] = [:]
      for (name, text) in try texts(section, key) {
        guard known.contains(name) else {
          let meant = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
          throw section.refusal(key, "there is no \(name.prefix(40)) here\(meant)")
        }
        paths[name] = text.split(separator: ".").map(String.init)
      }
      return paths
    }

    /// The members of a mapping whose values are texts.
    static func texts(_ section: ClaimsSection, _ key: String) throws(RecordError) -> [(
      String, String
    )] {
      guard let tree = section[key] else { return [] }
      guard case .mapping(let members) = tree.content else {
        throw section.refusal(key, "must be a mapping of names")
      }
      var texts: [(String, String)] = []
      for member in members {
        guard let text = member.value.scalar else {
          throw section.section.refusal(key, "\(member.key) must be text", at: member.place)
        }
        texts.append((member.key, text))
      }
      return texts
    }
  }
}

// MARK: Reading

extension Evidence {
  /// The largest file that is read, in bytes.
  private static let largestPublished = 1 << 28

  /// Reads published results as the file of claims describes. Where rows are published, the decay
  /// of the norm is fitted again from them; a published fit is used only where there are no rows.
  public init(published directory: String, as file: ClaimsFile) throws(AnalysisError) {
    guard let format = file.published else {
      throw .claims(reason: "the file of claims does not say how published results are read")
    }
    var observations: [String: [Observation]] = [:]
    var contents: [String: LooseJSON] = [:]
    for file in format.files {
      let path = directory + "/" + file.name
      let content: LooseJSON
      if let known = contents[path] {
        content = known
      } else {
        let bytes = try DirectoryWalk.content(of: path, most: Self.largestPublished)
        do {
          content = try JSONDecoder().decode(LooseJSON.self, from: Data(bytes))
        } catch {
          throw .unreadable(path: path, reason: LooseJSON.reason(error))
        }
        contents[path] = content
      }
      guard case .list(let runs) = content[file.list] else {
        throw .unreadable(
          path: path, reason: "has no list of runs at \(file.list.joined(separator: "."))")
      }
      let chosen = runs.enumerated().dropFirst(file.skip).prefix(file.first ?? runs.count)
      for (place, run) in chosen {
        guard file.condition.allSatisfy({ run[[$0.key]]?.text == $0.text }),
          !file.exclusion.contains(where: { run[[$0.key]]?.text == $0.text })
        else { continue }
        let observation = try Observation(
          run, as: file, source: "\(file.name), run \(place + 1)", path: path)
        observations[file.experiment, default: []].append(observation)
      }
    }
    self.init(observations)
  }
}

extension Observation {
  private static func step(_ number: Double) -> Int? {
    number >= 0 && number <= 0x1p53 ? Int(exactly: number) : nil
  }

  fileprivate init(
    _ run: LooseJSON, as file: PublishedFormat.File, source: String, path: String
  ) throws(AnalysisError) {
    func number(_ key: String) -> Double? { file.values[key].flatMap { run[$0]?.number } }
    // What is no step, as −1 for never, is none.
    func step(_ key: String) -> Int? { number(key).flatMap(Self.step) }
    func column(_ paths: [String: [String]], _ key: String) -> [LooseJSON]? {
      guard let place = paths[key], case .list(let values) = run[place] else { return nil }
      return values
    }
    func numbers(_ paths: [String: [String]], _ key: String, count: Int) throws(AnalysisError)
      -> [Double]
    {
      guard let values = column(paths, key) else { return Array(repeating: .nan, count: count) }
      let numbers = values.compactMap(\.number)
      guard values.count == count, numbers.count == count else {
        throw .unreadable(
          path: path, reason: "\(source): its columns are of unequal length, or no numbers")
      }
      return numbers
    }
    var config = file.constants
    for (key, place) in file.values where RunSpec.keys.contains(key) {
      if let value = run[place]?.value { config[key] = value }
    }
    self.source = source
    self.config = config
    trajectory = config.filter { $0.key != "log_interval" && $0.key != "max_steps" }
      .map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
    memorizationStep = step("t_mem")
    grokkingStep = step("t_grok")
    squaredNormAtMemorization = number("v_mem")
    finalSquaredNorm = number("v_post")
    initialSquaredNorm = number("v_initial")
    rows = []
    func steps(_ paths: [String: [String]]) throws(AnalysisError) -> [Int]? {
      guard let values = column(paths, "step") else { return nil }
      let steps = values.compactMap(\.number).compactMap(Self.step)
      guard steps.count == values.count else {
        throw .unreadable(path: path, reason: "\(source): a step is no whole number from 0 on")
      }
      return steps
    }
    if let steps = try steps(file.rows) {
      let trainLoss = try numbers(file.rows, "train_loss", count: steps.count)
      let trainAccuracy = try numbers(file.rows, "train_accuracy", count: steps.count)
      let validationLoss = try numbers(file.rows, "validation_loss", count: steps.count)
      let validationAccuracy = try numbers(file.rows, "validation_accuracy", count: steps.count)
      let squaredNorm = try numbers(file.rows, "squared_norm", count: steps.count)
      for (index, step) in steps.enumerated() {
        rows.append(
          MetricsRow(
            step: step, trainLoss: trainLoss[index], trainAccuracy: trainAccuracy[index],
            validationLoss: validationLoss[index], validationAccuracy: validationAccuracy[index],
            squaredNorm: squaredNorm[index]))
      }
      fit = Self.fit(rows: rows, from: memorizationStep, decay: decay)
    } else if let rate = file.fit["rate"].flatMap({ run[$0]?.number }), rate > 0,
      let amplitude = file.fit["amplitude"].flatMap({ run[$0]?.number }),
      let floor = file.fit["floor"].flatMap({ run[$0]?.number })
    {
      fit = ExponentialFit(
        amplitude: amplitude, exponent: Elementary64.log(rate), floor: floor,
        rSquared: file.fit["r_squared"].flatMap { run[$0]?.number })
    }
    if let steps = try steps(file.spectra), let power = column(file.spectra, "power") {
      let outside = try numbers(file.spectra, "outside", count: steps.count)
      let bins = try numbers(file.spectra, "bins", count: steps.count)
      for (index, step) in steps.enumerated() {
        guard index < power.count, let strong = Int(exactly: bins[index]),
          case .list(let values) = power[index], values.allSatisfy({ $0.number != nil })
        else { throw .unreadable(path: path, reason: "\(source): a spectrum cannot be read") }
        spectra.append(
          Spectrum(
            step: step, power: values.compactMap(\.number), outsideShare: outside[index],
            strongBins: strong, isFull: file.isFull))
      }
    }
  }
}

/// JSON of any form.
private enum LooseJSON: Decodable {
  case null
  case truth(Bool)
  case number(Double)
  case text(String)
  case list([LooseJSON])
  case object([String: LooseJSON])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // What most values are comes first, as each failed attempt makes an error.
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if container.decodeNil() {
      self = .null
    } else if let truth = try? container.decode(Bool.self) {
      self = .truth(truth)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([LooseJSON].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: LooseJSON].self))
    }
  }

  /// Why a file cannot be read.
  static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.dataCorrupted(let context):
      let detail = context.underlyingError.map { "\($0)" } ?? context.debugDescription
      return "not JSON: \(detail.prefix(200))"
    // What is neither text, list nor anything else of JSON that can be held.
    case DecodingError.typeMismatch: return "has a number out of the range of binary64"
    default: return "not JSON: \(error)"
    }
  }

  /// The member at the end of a path; nil where there is none.
  subscript(path: [String]) -> LooseJSON? {
    var value = self
    for name in path {
      guard case .object(let members) = value, let next = members[name] else { return nil }
      value = next
    }
    return value
  }

  var number: Double? { if case .number(let value) = self { value } else { nil } }

  /// The value as a file of claims writes it; nil for null, lists and objects.
  var text: String? {
    switch self {
    case .text(let text): text
    case .truth(let truth): truth ? "true" : "false"
    case .number(let number): shortestDecimal(number)
    case .null, .list, .object: nil
    }
  }

  var value: Value? {
    switch self {
    case .text(let text): .text(text)
    case .truth(let truth): .truth(truth)
    case .number(let number): .number(number)
    case .null, .list, .object: nil
    }
  }
}
