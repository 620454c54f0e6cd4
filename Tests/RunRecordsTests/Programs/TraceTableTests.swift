import Digests
import RunRecords
import Testing

@Suite struct TraceTableTests {
  private static func table() throws -> TraceTable {
    try TraceTable(
      steps: [0, 7, 1 << 53],
      columns: [
        .init(name: "loss", values: .numbers([0.5, .nan, -.infinity])),
        .init(name: "count", values: .integers([1, nil, -3])),
        .init(name: " a,\"b", values: .texts(["x", "", nil])),
        .init(name: "t", values: .numbers([-0.0, 1e21, 1])),
        .init(name: "m", values: .texts(["a, \"b\"\nc", nil, ""])),
        .init(name: "empty", values: .numbers([nil, nil, nil])),
      ])
  }

  /// All types of columns, with gaps.
  private static let canonical =
    "step,loss,count,\" a,\"\"b\",t,m,empty\n"
    + "0,0.5,1,\"x\",-0.0,\"a, \"\"b\"\"\nc\",\n"
    + "7,NaN,,\"\",1e+21,,\n"
    + "9007199254740992,-Infinity,-3,,1.0,\"\",\n"

  /// Why a text is refused; nil if it is read.
  private static func reason(_ text: String) -> String? {
    do throws(RecordError) {
      let table = try TraceTable(canonical: Array(text.utf8))
      #expect(table.canonicalText == Array(text.utf8))
      return nil
    } catch {
      return error.description
    }
  }

  @Test func everyTypeHasThisText() throws {
    let table = try Self.table()
    #expect(String(decoding: table.canonicalText, as: UTF8.self) == Self.canonical)
    #expect(try TraceTable(canonical: Array(Self.canonical.utf8)) == table)
    #expect(table["m"]?.values[0] == .text("a, \"b\"\nc"))
    #expect(table["empty"]?.values == .integers([nil, nil, nil]))
  }

  @Test func aTableCanHaveNoColumnsAndNoRows() throws {
    #expect(TraceTable.empty.canonicalText == Array("step\n".utf8))
    #expect(Self.reason("step\n") == nil)
    #expect(Self.reason("step\n0\n5\n") == nil)
    #expect(Self.reason("step,a\n") == nil)
  }

  @Test(arguments: [
    "", "step", "Step\n", "\"step\"\n", "a,step\n", "step,a\n0\n", "step,a\n0,1,2\n",
    "step,a\n1,1\n1,1\n", "step,a\n1,1\n0,1\n", "step,a\n-1,1\n", "step,a\n01,1\n",
    "step,a\n9007199254740993,1\n", "step,a\n1,+1\n", "step,a\n1,01\n", "step,a\n1,-0\n",
    "step,a\n1,1e5\n", "step,a\n1,0.50\n", "step,a\n1,nan\n", "step,a\n1,inf\n",
    "step,a\n1,-NaN\n", "step,a\n1,0x1p-1\n", "step,a\n1,x\n", "step,a\n1, 1\n",
    "step,a\n1,1\n2,1.5\n", "step,a\n1,\"1\"\n2,1\n", "step,a\n1,1\r\n", "step,\"a\"\n",
    "step,a b,a b\n", "step,\n", "step,step\n", "step, a\n", "step,a\n1,\"x\n",
    "step,a\n1,\"x\"y\n", "step,a\n1,\"\u{7}\"\n", "step,a\u{7}\n", "\u{feff}step,a\n",
    "step,a\n1,1e400\n", "step,a\n\n", "step,a\n1,9223372036854775808\n", "step,a\n1,1\n\n",
    "step,a\n0,1,2,3\n",
  ])
  func aTextHasOneForm(text: String) {
    #expect(Self.reason(text) != nil, "\(text)")
  }

  @Test func errorsNameTheLineAlsoBehindLineBreaksInTexts() {
    #expect(
      Self.reason("step,a\n0,\"x\ny\"\n0,\"z\"\n") == "metrics.csv:4: its step does not rise")
    #expect(
      Self.reason("step,a\n0,1\n1,1.5\n") == "metrics.csv:3: a column has values of two types")
  }

  @Test(arguments: [
    (
      "step,a\n0,1\n9007199254740993,1\n",
      "metrics.csv:3: its step is not an integer from 0 to 2^53"
    ),
    (
      "step,a\n0,\"\u{7}\"\n",
      "metrics.csv:2: a text in a cell has no control characters but tabs and line breaks"
    ),
  ])
  func valuesThatCannotStandInACellAreNamedByTheirLine(text: String, reason: String) {
    #expect(Self.reason(text) == reason)
  }

  @Test func aFileHasALimit() {
    let bytes = Array(repeating: UInt8(ascii: "x"), count: TraceTable.Limit.bytes + 1)
    let error = RecordError.trace(
      file: "metrics.csv", line: 1, reason: "a table has at most 268435456 bytes")
    #expect(throws: error) { try TraceTable(canonical: bytes) }
  }

  @Test func columnsHaveALimit() {
    let column = TraceTable.Column(name: "a", values: .integers([]))
    let error = RecordError.program(
      file: "metrics", key: "", reason: "10001 columns are more than 10000")
    #expect(throws: error) {
      try TraceTable(steps: [], columns: Array(repeating: column, count: 10_001))
    }
    let header = "step" + String(repeating: ",a", count: 10_001) + "\n"
    #expect(Self.reason(header) == "metrics.csv:1: it has more than 10000 columns")
  }

  @Test func bytesThatAreNoTextAreRefused() {
    #expect(throws: RecordError.self) {
      try TraceTable(canonical: Array("step,a\n0,\"".utf8) + [0xff] + Array("\"\n".utf8))
    }
  }

  @Test func namesAndTextsHaveLimits() throws {
    func table(_ name: String, _ text: String) throws -> TraceTable {
      try TraceTable(steps: [0], columns: [.init(name: name, values: .texts([text]))])
    }
    let long = String(repeating: "é", count: 500)
    #expect(try table(String(repeating: "n", count: 200), long).columns.count == 1)
    #expect(throws: RecordError.self) { try table(String(repeating: "n", count: 201), "") }
    #expect(throws: RecordError.self) { try table("a", long + "x") }
    #expect(throws: RecordError.self) { try table("a", "\r") }
    #expect(throws: RecordError.self) { try table("a\u{85}", "") }
    #expect(throws: RecordError.self) {
      let column = TraceTable.Column(name: "a", values: .integers([1]))
      return try TraceTable(steps: [0], columns: [column, column])
    }
    #expect(throws: RecordError.self) { try TraceTable(steps: [3, 3], columns: []) }
    #expect(throws: RecordError.self) { try TraceTable(steps: [-1], columns: []) }
    // The same letter as one code point and as two: two names.
    let twins = try TraceTable(
      steps: [0],
      columns: ["\u{e9}", "e\u{301}"].map { .init(name: $0, values: .integers([1])) })
    #expect(twins["e\u{301}"]?.name.unicodeScalars.count == 2)
    #expect(try TraceTable(canonical: twins.canonicalText) == twins)
  }

  @Test func equalityIsThatOfBitsAndNaNIsOne() throws {
    func table(_ value: Double?, name: String = "a") throws -> TraceTable {
      try TraceTable(steps: [0], columns: [.init(name: name, values: .numbers([value]))])
    }
    #expect(try table(.nan) == table(Double(bitPattern: 0xfff8_0000_0000_0001)))
    #expect(try table(0) != table(-0.0))
    #expect(try table(nil) != table(.nan))
    #expect(try table(0) != table(0, name: "b"))
  }

  @Test func aColumnOfAFileHasTheTypeOfAllItsCells() {
    typealias Values = TraceTable.Values
    #expect(Values(cells: ["1", nil, "-20"]) == .integers([1, nil, -20]))
    #expect(Values(cells: [nil, nil]) == .integers([nil, nil]))
    #expect(
      Values(cells: ["1", "+1", ".5", "1.", "1E5", "-0", "1e999", "-.25e1"])
        == .numbers([1, 1, 0.5, 1, 100_000, -0.0, .infinity, -2.5]))
    #expect(
      Values(cells: ["nan", "-nan", "INF", "-inf", "Infinity", "+infinity", "NaN"])
        == .numbers([.nan, .nan, .infinity, -.infinity, .infinity, .infinity, .nan]))
    for text in ["007", "0x10", "1_000", "", ".", "+", "1e", "e5", "--1", "1 ", "infinit", "٣"] {
      #expect(Values(cells: ["1.5", text]) == .texts(["1.5", text]), "\(text)")
    }
    // Nanoseconds since 1970 are exact; a value that neither type holds is a text.
    #expect(Values(cells: ["1764000000000000001"]) == .integers([1_764_000_000_000_000_001]))
    #expect(Values(cells: ["18446744073709551617"]) == .texts(["18446744073709551617"]))
    #expect(Values(cells: ["18446744073709551616"]) == .numbers([0x1p64]))
    #expect(Values(cells: ["9007199254740993", "0.5"]) == .texts(["9007199254740993", "0.5"]))
  }

  @Test func theTrainersTraceHasSevenColumns() throws {
    let digest = Digest(of: [1])
    let table = Trace(
      metrics: [
        MetricsRow(
          step: 20, trainLoss: -0.0, trainAccuracy: 0.5, validationLoss: 2,
          validationAccuracy: 0.25, squaredNorm: 100)
      ], hashes: [HashRow(step: 20, parameters: digest, optimizer: Digest(of: []))]
    ).table
    #expect(table.steps == [20])
    #expect(
      table.columns.map(\.name) == [
        "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "squared_norm",
        "parameters_sha256", "optimizer_sha256",
      ])
    #expect(table["train_loss"]?.values == .numbers([0]))
    #expect(table["squared_norm"]?.values == .numbers([100]))
    #expect(table["parameters_sha256"]?.values == .digests([digest]))
  }

  @Test func aPrefixAndAChoiceOfColumnsAreTables() throws {
    let table = try Self.table()
    #expect(table.prefix(1).steps == [0])
    #expect(table.prefix(2)["count"]?.values == .integers([1, nil]))
    #expect(table.columns { $0 == "t" }.columns.map(\.name) == ["t"])
    #expect(table.columns { _ in false }.steps == table.steps)
  }
}
