import Archive
public import Bundles
public import Digests
private import Files
import RunRecords

/// The spectra of one run's logits, and the file that `regrok spectrum` writes them to (SPEC.md,
/// "Spectra").
public struct RunSpectra: Sendable, Hashable {
  /// One spectrum.
  public struct Row: Sendable, Hashable {
    public var step: Int
    /// The digest of the parameters that it was measured on, as in `hashes.csv`.
    public var parameters: Digest
    public var resolution: SpectrumResolution
    /// The power in the bins 0 ... p/2.
    public var power: [Double]

    package init(
      step: Int, parameters: Digest, resolution: SpectrumResolution, power: [Double]
    ) {
      self.step = step
      self.parameters = parameters
      self.resolution = resolution
      self.power = power
    }
  }

  /// The identity of the run's result.
  public var result: Digest
  /// In ascending order of step; at one step in the order asked for.
  public var rows: [Row]

  package init(result: Digest, rows: [Row]) {
    self.result = result
    self.rows = rows
  }
}

// MARK: The file

extension RunSpectra {
  private static let firstColumns = ["result_sha256", "step", "parameters_sha256", "n_b", "n_c"]

  /// The content of the file: a header, then one line for each spectrum.
  public var csv: String {
    let header = Self.firstColumns + (0..<(rows.first?.power.count ?? 0)).map { "power_\($0)" }
    let lines = rows.map { row in
      [
        result.hex, String(row.step), row.parameters.hex, String(row.resolution.operands),
        String(row.resolution.classes),
      ] + row.power.map(shortestDecimal)
    }
    return ([header] + lines).map { $0.joined(separator: ",") + "\n" }.joined()
  }

  /// Reads what `csv` writes; nil for anything else.
  public init?(csv text: String) {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.popLast() == "", lines.count >= 2 else { return nil }
    let bins = lines[0].split(separator: ",").count - Self.firstColumns.count
    rows = []
    var results: Set<Digest> = []
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard bins > 0, fields.count == Self.firstColumns.count + bins,
        let result = Digest(hex: fields[0]), let step = Int(fields[1]), step >= 0,
        let parameters = Digest(hex: fields[2]), let operands = Int(fields[3]),
        let classes = Int(fields[4]), operands > 0, classes > 0
      else { return nil }
      let power = fields[5...].compactMap { Double($0) }.filter { $0.isFinite && $0 >= 0 }
      guard power.count == bins, step >= rows.last?.step ?? 0 else { return nil }
      results.insert(result)
      rows.append(
        Row(
          step: step, parameters: parameters,
          resolution: .init(operands: operands, classes: classes), power: power))
    }
    guard let result = results.first, results.count == 1 else { return nil }
    self.result = result
    // Each value has exactly one spelling.
    guard csv == text else { return nil }
  }

  /// Why these are not spectra of `run`; nil if nothing contradicts it. Parameters are compared at
  /// every step that the run's trace has.
  public func objection(for run: RecordedRun) -> String? {
    guard run.identities?.result == result else { return "the result's identity is another" }
    guard let modulus = run.config["task"]?["modulus"]?.intValue else {
      return "the run's task has no modulus"
    }
    let logged = Dictionary(
      run.trace.hashes.map { ($0.step, $0.parameters) }, uniquingKeysWith: { a, _ in a })
    let last = run.trace.metrics.last?.step ?? -1
    for row in rows {
      guard row.power.count == modulus / 2 + 1, row.resolution.operands <= modulus,
        row.resolution.classes <= modulus
      else { return "step \(row.step): no spectrum modulo \(modulus)" }
      guard row.step <= last else { return "step \(row.step) is after the run's end" }
      if let parameters = logged[row.step], parameters != row.parameters {
        return "step \(row.step): the parameters are not those of the run's trace"
      }
    }
    return nil
  }
}

// MARK: Beside bundles

extension RunSpectra {
  /// The default folder for the spectra of a bundle: `spectra` beside the bundle, where they are
  /// named `RUN-ID.csv`.
  public static func defaultFolder(for bundle: String) -> String {
    let folder = PathParts.split(bundle).folder
    return folder == "." ? "spectra" : folder + "/spectra"
  }

  /// The largest file of spectra that is read, in bytes.
  private static let largestFile = 256 << 20

  /// Reads a file of spectra, which must belong to one of `runs`.
  init(file path: String, of runs: [RecordedRun]) throws(AnalysisError) {
    let content = try DirectoryWalk.content(of: path, most: Self.largestFile)
    guard let text = String(validating: content, as: UTF8.self),
      let spectra = RunSpectra(csv: text)
    else { throw .foreign(path: path, reason: "not a file of spectra") }
    guard let run = runs.first(where: { $0.identities?.result == spectra.result }) else {
      throw .foreign(
        path: path, reason: "of none of the bundles, its result is \(spectra.result)")
    }
    if let objection = spectra.objection(for: run) {
      throw .foreign(path: path, reason: "not of \(run.path): \(objection)")
    }
    self = spectra
  }
}
