internal import Configs
package import RunRecords

/// What is asked to be recorded: a program file as it was read, with the command line's changes.
package struct ProgramRequest: Sendable {
  package var run: [String] = []
  /// An object; nil if there is none.
  package var config: CanonicalJSON?
  /// Paths; nil: what git tracks; empty: none.
  package var inputs: [String]?
  package var metrics = Self.standardMetrics
  package var outcome = ProgramOutcome.fileName
  /// Whether the curves were asked for by name, and whether the outcome was. Such a file must be
  /// valid, and it is said if the program did not write it.
  package var namesMetrics = false
  package var namesOutcome = false
  package var compare = ComparePolicy.bits
  package var environment: [String] = []
  package var limits = ProgramLimits()

  package init() {}

  /// Whether one of the two was asked for by name.
  package var isDeclared: Bool { namesMetrics || namesOutcome }

  /// The files that were asked for by name.
  package var named: [String] {
    (namesMetrics ? [metrics.file] : []) + (namesOutcome ? [outcome] : [])
  }

  package static let standardMetrics = ProgramSpec.Metrics(file: "metrics.csv", step: "step")

  /// The spec of the run, with the inputs that were found.
  package func spec(_ inputs: ProgramInputs, ranHere: Bool) -> ProgramSpec {
    ProgramSpec(
      run: run, config: config, inputs: inputs.list.digest, compare: compare,
      environment: Array(Set(environment)), metrics: metrics, outcome: outcome, ranHere: ranHere)
  }
}

// MARK: Single settings

extension ProgramRequest {
  /// Changes a key of the config, as `--set` does. If there is no config, the first change makes
  /// one.
  ///
  /// - Parameters:
  ///   - text: The value, in YAML.
  ///   - isFree: Whether the key may be new.
  package mutating func set(
    _ key: String, to text: String, isFree: Bool
  ) throws(ProgramError) {
    let place = "--set"
    let before = config ?? [:]
    if !isFree && before.value(at: key) == nil {
      let near = Spelling.nearest(to: key, among: before.leaves.keys.sorted())
      throw .record(
        .config(
          place: place, key: key,
          reason: "the config has no such key" + (near.map { "; did you mean \($0)?" } ?? "")))
    }
    var value = CanonicalJSON.null
    if let tree = try reading(try YAMLTree.read(text, file: place)) {
      value = try reading(try ProgramConfig.json(of: tree, key: key))
    }
    guard !key.isEmpty, let changed = before.setting(value, at: key) else {
      throw .record(
        .config(place: place, key: key, reason: "a part of the key has a value, and no keys"))
    }
    config = changed
  }

  /// Why a name cannot name a variable; nil if it can.
  package static func fault(inVariable name: String) -> String? {
    let isName =
      !name.isEmpty && name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
      && name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
          true
        default: false
        }
      }
    return isName ? nil : "\(name) is no name of a variable"
  }

  /// Why curves or an outcome cannot be in this file; nil if they can.
  package static func fault(inFile name: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    if parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) {
      return "\(name) has to be a relative path, below {out} or the working directory"
    }
    // The name stands in the record, which must be readable again.
    return SealedName.fault(in: name).map {
      "\(name) cannot be the name of a file to be sealed: \($0)"
    }
  }
}
