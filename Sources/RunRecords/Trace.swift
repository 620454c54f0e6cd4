public import Digests

/// What a run logged: a row of metrics and a row of hashes after each logged step.
public struct Trace: Sendable, Hashable {
  public var metrics: [MetricsRow]
  public var hashes: [HashRow]
  /// The headings of the columns that the config adds.
  public private(set) var addedHeadings: [String]

  /// - Parameter addedHeadings: `RunSpec.addedHeadings` of the run's config.
  public init(
    metrics: [MetricsRow] = [], hashes: [HashRow] = [], addedHeadings: [String] = []
  ) {
    self.metrics = metrics
    self.hashes = hashes
    self.addedHeadings = addedHeadings
  }

  /// The rows of the steps that `isKept` accepts.
  package func rows(where isKept: (Int) -> Bool) -> Trace {
    Trace(
      metrics: metrics.filter { isKept($0.step) }, hashes: hashes.filter { isKept($0.step) },
      addedHeadings: addedHeadings)
  }
}

/// The state after the update of `step`, measured on the whole training and validation sets.
public struct MetricsRow: Sendable, Hashable {
  public var step: Int
  /// Mean loss; in nats for cross-entropy.
  public var trainLoss: Double
  public var trainAccuracy: Double
  public var validationLoss: Double
  public var validationAccuracy: Double
  /// V = ‖θ‖², over all parameters.
  public var squaredNorm: Double
  /// The values of the columns that the config adds, in their order.
  public var added: [Double]

  public init(
    step: Int, trainLoss: Double, trainAccuracy: Double, validationLoss: Double,
    validationAccuracy: Double, squaredNorm: Double, added: [Double] = []
  ) {
    self.step = step
    self.trainLoss = trainLoss
    self.trainAccuracy = trainAccuracy
    self.validationLoss = validationLoss
    self.validationAccuracy = validationAccuracy
    self.squaredNorm = squaredNorm
    self.added = added
  }
}

extension MetricsRow {
  /// Whether a row of a trace can have these values: all are finite.
  public var isFinite: Bool { values.allSatisfy { $0.isFinite } }
}

/// The digests of the state after the update of `step`. SPEC.md says over which bytes.
public struct HashRow: Sendable, Hashable {
  public var step: Int
  public var parameters: Digest
  public var optimizer: Digest

  public init(step: Int, parameters: Digest, optimizer: Digest) {
    self.step = step
    self.parameters = parameters
    self.optimizer = optimizer
  }
}

// MARK: The columns, in order

extension MetricsRow {
  /// Each value column that every run has: its name in the CSV header, and its value in a row.
  public static let columns: [(name: String, value: @Sendable (MetricsRow) -> Double)] = [
    ("train_loss", { $0.trainLoss }),
    ("train_accuracy", { $0.trainAccuracy }),
    ("validation_loss", { $0.validationLoss }),
    ("validation_accuracy", { $0.validationAccuracy }),
    ("squared_norm", { $0.squaredNorm }),
  ]

  /// The first line of `trace/metrics.csv`.
  ///
  /// - Parameter added: The headings of the columns that the config adds.
  public static func header(added: [String] = []) -> String {
    (["step"] + columns.map { $0.name } + added).joined(separator: ",")
  }

  /// All values, in the order of the header.
  public var values: [Double] { Self.columns.map { $0.value(self) } + added }

  /// One line, without its newline.
  public var csvLine: String {
    ([String(step)] + values.map { shortestDecimal($0) }).joined(separator: ",")
  }

  /// Reads a line that `csvLine` could have written; nil for anything else.
  ///
  /// - Parameter added: How many columns the config adds.
  public init?(csvLine line: Substring, added: Int = 0) {
    let fields = line.csvFields(1 + Self.columns.count + added)
    guard fields.count == 1 + Self.columns.count + added, let step = fields[0].csvStep else {
      return nil
    }
    var values: [Double] = []
    values.reserveCapacity(Self.columns.count + added)
    for field in fields.dropFirst() {
      // Each value has one spelling.
      guard let value = Double(field), value.isFinite, shortestDecimal(value) == field else {
        return nil
      }
      values.append(value)
    }
    self.init(
      step: step, trainLoss: values[0], trainAccuracy: values[1], validationLoss: values[2],
      validationAccuracy: values[3], squaredNorm: values[4], added: Array(values[5...]))
  }
}

extension HashRow {
  /// The first line of `trace/hashes.csv`.
  public static let header = "step,parameters_sha256,optimizer_sha256"

  /// One line, without its newline.
  public var csvLine: String { "\(step),\(parameters),\(optimizer)" }

  /// Reads a line that `csvLine` could have written; nil for anything else.
  public init?(csvLine line: Substring) {
    let fields = line.csvFields(3)
    guard fields.count == 3, let step = fields[0].csvStep,
      let parameters = Digest(hex: fields[1]), let optimizer = Digest(hex: fields[2])
    else { return nil }
    self.init(step: step, parameters: parameters, optimizer: optimizer)
  }
}

extension Substring {
  /// The parts between the commas. If there are more than expected, one additional part.
  fileprivate func csvFields(_ expected: Int) -> [Substring] {
    utf8.split(separator: UInt8(ascii: ","), maxSplits: expected, omittingEmptySubsequences: false)
      .map { Substring($0) }
  }

  /// A step in its only spelling; nil for anything else.
  fileprivate var csvStep: Int? {
    guard let step = Int(self), step >= 0, String(step) == self else { return nil }
    return step
  }
}

// MARK: Whole files

extension Trace {
  /// Each value column of the metrics: its heading, and its value in a row.
  public var columns: [(name: String, value: @Sendable (MetricsRow) -> Double)] {
    MetricsRow.columns
      + addedHeadings.enumerated().map { index, name in (name, { $0.added[index] }) }
  }

  /// The bytes of `trace/metrics.csv`.
  public var metricsCSV: [UInt8] {
    Self.content(
      header: MetricsRow.header(added: addedHeadings), lines: metrics.lazy.map { $0.csvLine })
  }

  /// The bytes of `trace/hashes.csv`.
  public var hashesCSV: [UInt8] {
    Self.content(header: HashRow.header, lines: hashes.lazy.map { $0.csvLine })
  }

  private static func content(header: String, lines: some Sequence<String>) -> [UInt8] {
    var content = Array((header + "\n").utf8)
    for line in lines {
      content += line.utf8
      content.append(UInt8(ascii: "\n"))
    }
    return content
  }

  /// Reads both files strictly: the expected headers, one spelling per value, ascending steps, and
  /// the same steps in both.
  ///
  /// - Parameter added: The headings of the columns that the config adds.
  public init(
    metricsCSV: [UInt8], hashesCSV: [UInt8], added: [String] = []
  ) throws(RecordError) {
    addedHeadings = added
    metrics = try Self.rows(
      of: metricsCSV, file: "metrics.csv", header: MetricsRow.header(added: added),
      step: { $0.step }, read: { MetricsRow(csvLine: $0, added: added.count) })
    hashes = try Self.rows(
      of: hashesCSV, file: "hashes.csv", header: HashRow.header, step: { $0.step },
      read: { HashRow(csvLine: $0) })
    guard metrics.map({ $0.step }) == hashes.map({ $0.step }) else {
      throw .trace(file: "hashes.csv", line: 1, reason: "its steps are not those of metrics.csv")
    }
  }

  private static func rows<Row>(
    of content: [UInt8], file: String, header: String, step: (Row) -> Int,
    read: (Substring) -> Row?
  ) throws(RecordError) -> [Row] {
    guard let text = String(validating: content, as: UTF8.self),
      text.utf8.last == UInt8(ascii: "\n")
    else { throw .trace(file: file, line: 1, reason: "not text that ends in a newline") }
    var rest = text.utf8[...]
    func nextLine() -> Substring? {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      defer { rest = rest[rest.index(after: end)...] }
      return Substring(rest[..<end])
    }
    let first = nextLine()
    guard first != header + "\r" else {
      throw .trace(
        file: file, line: 1, reason: "its lines end in CR and LF, as editors and git may write them"
      )
    }
    guard first.map({ $0 == header }) ?? false else {
      throw .trace(file: file, line: 1, reason: "the header is not \"\(header)\"")
    }
    var rows: [Row] = []
    rows.reserveCapacity(content.count { $0 == UInt8(ascii: "\n") } - 1)
    while let line = nextLine() {
      guard let parsed = read(line) else {
        throw .trace(file: file, line: rows.count + 2, reason: "not a row of \(header)")
      }
      if let last = rows.last, step(parsed) <= step(last) {
        throw .trace(file: file, line: rows.count + 2, reason: "its step does not rise")
      }
      rows.append(parsed)
    }
    return rows
  }
}
