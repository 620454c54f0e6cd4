import Catalogue
import Foundation
import RunRecords
import Testing

/// Compares the fields with the tables of SPEC.md 2.1, so that neither can change alone.
@Suite struct FieldTests {
  /// A row of the table: keys that have the same bounds.
  private struct Row {
    let keys: [String]
    /// The variants that have the keys, by the table's names; nil where every config has them.
    let variants: [String]?
    let bounds: String
    let defaults: String

    /// Nil where the line is not a row with keys.
    init?(_ line: Substring) {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 3, cells[0].hasPrefix("`") else { return nil }
      keys = cells[0].matches(of: /`([a-z0-9_.]+)`/).map { String($0.1) }
      variants = cells[0].firstMatch(of: /\(([a-z, -]+)\)/)
        .map { $0.1.split(separator: ", ").map(String.init) }
      (bounds, defaults) = (cells[1], cells[2])
    }
  }

  private static let rows: [Row] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "SPEC.md")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    let parts = text.components(separatedBy: "\n## 2.1 Config\n")
    return parts.count == 2
      ? parts[1].split(separator: "\n").prefix { !$0.hasPrefix("## ") }.compactMap(Row.init) : []
  }()

  private static let variants: [(TaskName, ModelName, OptimizerName)] =
    TaskName.allCases.flatMap { task in
      ModelName.allCases.flatMap { model in OptimizerName.allCases.map { (task, model, $0) } }
    }

  /// The fields of a config with these variants, each with its default.
  private func fields(
    _ task: TaskName, _ model: ModelName, _ optimizer: OptimizerName
  ) -> [Field] {
    var spec = RunSpec.standard(for: task)
    #expect(spec.task.name == task)
    spec.model = ModelSpec(model, for: task)
    spec.optimizer = OptimizerSpec(optimizer)
    return spec.fields
  }

  /// The rows that apply to such a config.
  private func rows(
    _ task: TaskName, _ model: ModelName, _ optimizer: OptimizerName,
    _ schedule: RateScheduleName = .constant
  ) -> [Row] {
    let taskKind =
      switch task {
      case .modularAddition, .modularMultiplication: "modular"
      case .sparseParity: "parity"
      case .modularOperation, .permutations: task.rawValue
      }
    let kinds = [taskKind, model.rawValue, optimizer.rawValue, schedule.rawValue]
    return Self.rows.filter { $0.variants?.contains(where: kinds.contains) ?? true }
  }

  @Test(arguments: variants)
  func eachVariantHasTheKeysOfSpecification(
    task: TaskName, model: ModelName, optimizer: OptimizerName
  ) throws {
    let expected = rows(task, model, optimizer).flatMap(\.keys)
    let found = fields(task, model, optimizer).map(\.key)
    #expect(found.sorted() == expected.sorted())
    #expect(expected.count > 15, "the table was found")
  }

  @Test(arguments: variants)
  func eachKeyHasTheBoundsAndTheDefaultOfSpecification(
    task: TaskName, model: ModelName, optimizer: OptimizerName
  ) throws {
    for field in fields(task, model, optimizer) {
      let row = try #require(
        rows(task, model, optimizer).first { $0.keys.contains(field.key) }, "\(field.key)")
      try expectBounds(of: field, in: row)
      try expectDefault(of: field, in: row)
    }
  }

  @Test(arguments: RateScheduleName.allCases)
  func eachScheduleHasTheKeysOfSpecification(name: RateScheduleName) throws {
    var spec = Preset.modularAddition.spec
    spec.rateSchedule = RateSchedule(name)
    let rows = rows(.modularAddition, .transformer, .adamW, name)
    #expect(spec.fields.map(\.key).sorted() == rows.flatMap(\.keys).sorted())
    for field in spec.fields {
      let row = try #require(rows.first { $0.keys.contains(field.key) }, "\(field.key)")
      try expectBounds(of: field, in: row)
      if field.key.hasPrefix("schedule") { try expectDefault(of: field, in: row) }
    }
  }

  // MARK: Bounds

  private func expectBounds(of field: Field, in row: Row) throws {
    let key = field.key
    switch field.kind {
    case .variant(["transformer", "mlp", "pair-mlp"]):
      #expect(row.bounds == "`transformer` or `pair-mlp` for tasks of pairs, `mlp` for parity")
    case .variant(let names), .name(let names):
      #expect(row.bounds == names.map { "`\($0)`" }.joined(separator: ", "), "\(key)")
    case .integer(let bounds):
      let range = try #require(
        row.bounds.firstMatch(of: /^integers?,(?: a multiple of (\d+),)? (\d+) … ([^,.;]+)/),
        "\(key)")
      #expect(String(range.2) == String(bounds.range.lowerBound), "\(key)")
      #expect((range.1.map(String.init) ?? "1") == String(bounds.divisor), "\(key)")
      if bounds.isLimitedByKey {
        #expect(Self.rows.contains { $0.keys.contains("task.\(range.3)") }, "\(key)")
      } else {
        #expect(value(String(range.3)) == UInt64(bounds.range.upperBound), "\(key)")
      }
    case .number(let bounds):
      let written = try #require(row.bounds.firstMatch(of: /^numbers?, ([^;]+)/), "\(key)").1
      #expect(String(written) == spelled(bounds), "\(key)")
    case .names(let names):
      let listed = names.map { "`\($0)`" }.joined(separator: ", ")
      #expect(row.bounds == "a list of one or more of \(listed), in this order", "\(key)")
    case .seed: #expect(row.bounds == "integer, 0 … 2^64 − 1")
    }
  }

  private func spelled(_ bounds: NumberBounds) -> String {
    switch (bounds.lower, bounds.upper) {
    case (.above(let a), .below(let b)): "above \(a) and below \(b)"
    case (.above(let a), .upTo(let b)): "above \(a) and at most \(b)"
    case (.above(let a), .unlimited): "above \(a)"
    case (.from(let a), .below(let b)): "at least \(a) and below \(b)"
    case (.from(let a), .upTo(1_000_000)): "\(a) … 10^6"
    case (.from(let a), .upTo(let b)): "\(a) … \(b)"
    case (.from(let a), .unlimited): "at least \(a)"
    }
  }

  /// The value of "1021", "2^31" or "2^31 − 1".
  private func value(_ text: String) -> UInt64? {
    guard let parts = text.wholeMatch(of: /(\d+)(?:\^(\d+))?( − 1)?/),
      let base = UInt64(parts.1)
    else { return nil }
    let exponent = parts.2.flatMap { Int($0) } ?? 1
    let power = (0..<exponent).reduce(1) { product, _ in product &* base }
    return parts.3 == nil ? power : power &- 1
  }

  // MARK: Defaults

  private func expectDefault(of field: Field, in row: Row) throws {
    let key = field.key
    let words = row.defaults.split { " ,;:`".contains($0) }.map(String.init)
    switch field.defaultValue {
    case nil: #expect(words.first == "none", "\(key)")
    case .name(let name)?:
      #expect(words.contains(name) || row.defaults == "the task's", "\(key)")
    case .integer(let value)?: #expect(words.contains(String(value)), "\(key)")
    case .number(let value)?:
      // Each key of a row may have its own default.
      let place = try #require(row.keys.firstIndex(of: key))
      let numbers = words.compactMap(Double.init)
      #expect(numbers.contains(value), "\(key)")
      #expect(row.variants?.contains("adamw") != true || numbers[place] == value, "\(key)")
    case .seed(let value)?: #expect(words == [String(value)], "\(key)")
    }
  }
}
