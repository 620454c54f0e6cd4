internal import Configs
package import RunRecords

/// What somebody asks to be recorded: a program file as it was read, and what the command line puts
/// over it.
package struct ProgramRequest: Sendable {
  package var run: [String] = []
  /// An object; nil where there is none.
  package var config: CanonicalJSON?
  /// Paths; nil: what git tracks. Empty: none.
  package var inputs: [String]?
  package var metrics = Self.standardMetrics
  package var outcome = ProgramOutcome.fileName
  /// Whether one of these two was asked for, and so has to be what it is to be.
  package var isDeclared = false
  package var compare = ComparePolicy.bits
  package var environment: [String] = []
  package var limits = ProgramLimits()

  package init() {}

  package static let standardMetrics = ProgramSpec.Metrics(file: "metrics.csv", step: "step")

  /// What the run is, with inputs that have been found.
  package func spec(_ inputs: ProgramInputs, ranHere: Bool) -> ProgramSpec {
    ProgramSpec(
      run: run, config: config, inputs: inputs.list.digest, compare: compare,
      environment: Array(Set(environment)), metrics: metrics, outcome: outcome, ranHere: ranHere)
  }
}

// MARK: Single settings

extension ProgramRequest {
  /// Changes a key of the config, as `--set` does; the first one makes a config where there is
  /// none.
  ///
  /// - Parameters:
  ///   - text: The value as YAML.
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

  /// Why a name is none of a variable; nil if it is.
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
      return "\(name) has to be a path below {out} or the working directory"
    }
    // It stands in the record, which has to be read again.
    return SealedName.fault(in: name).map {
      "\(name) cannot be the name of a file to be sealed: \($0)"
    }
  }
}
