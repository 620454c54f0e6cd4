import RunRecords
import Testing

@testable import Programs

@Suite struct MetricsReaderTests {
  private static func read(
    _ text: String, _ form: MetricsReader.Form = .csv, step: String = "step",
    _ repetition: MetricsReader.Repetition = .refused, pieces: Int = 1 << 20, isWhole: Bool = true
  ) throws(MetricsFault) -> (table: TraceTable, remarks: [String]) {
    var reader = MetricsReader(form: form, step: step, repetition: repetition)
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      try reader.append(bytes[start..<min(bytes.count, start + pieces)])
    }
    try reader.finish(isWhole: isWhole)
    return (try reader.table(), reader.remarks)
  }

  private static func fault(
    _ text: String, _ form: MetricsReader.Form = .csv, step: String = "step"
  ) throws -> MetricsFault {
    try #require(throws: MetricsFault.self) { try read(text, form, step: step) }
  }

  private static func column(_ table: TraceTable, _ name: String) throws -> [TraceTable.Value?] {
    let column = try #require(table[name], "\(table.columns.map(\.name))")
    return (0..<column.values.count).map { column.values[$0] }
  }

  @Test(arguments: [1, 2, 3, 7, 1000])
  func aFileInPiecesIsTheSame(pieces: Int) throws {
    let text =
      "\u{FEFF}step,loss,\"a, \"\"b\"\"\",note\r\n0,0.5,1,\"two\nlines\"\r\n\r\n"
      + "10,nan,,x\n20,-inf,3,\n"
    let table = try Self.read(text, pieces: pieces).table
    #expect(table.steps == [0, 10, 20])
    #expect(table.columns.map(\.name) == ["loss", "a, \"b\"", "note"])
    #expect(try Self.column(table, "loss") == [.number(0.5), .number(.nan), .number(-.infinity)])
    #expect(try Self.column(table, "a, \"b\"") == [.integer(1), nil, .integer(3)])
    #expect(try Self.column(table, "note") == [.text("two\nlines"), .text("x"), nil])
  }

  @Test func theLastLineNeedsNoEnd() throws {
    #expect(try Self.read("step,a\n0,1\n1,2").table.steps == [0, 1])
    #expect(try Self.read("{\"step\":0}\n{\"step\":1}", .jsonLines).table.steps == [0, 1])
  }

  @Test(arguments: [
    ("step,a\n0,1\n1,2", MetricsReader.Form.csv),
    ("{\"step\":0}\n{\"step\":1,\"lo", .jsonLines),
  ])
  func theTornLineOfAProgramThatWasEndedIsLeftOutAndSaid(
    text: String, form: MetricsReader.Form
  ) throws {
    let (table, remarks) = try Self.read(text, form, isWhole: false)
    #expect(table.steps == [0])
    #expect(remarks == ["its last line is torn, and was left out"])
  }

  @Test func sparseRowsOfOneStepAreMerged() throws {
    // As Lightning's CSVLogger writes them.
    let table = try Self.read(
      "epoch,step,train_loss,val_loss\n0,49,0.5,\n0,49,,0.75\n1,99,0.25,\n1,99,,0.5\n"
    ).table
    #expect(table.steps == [49, 99])
    #expect(try Self.column(table, "epoch") == [.integer(0), .integer(1)])
    #expect(try Self.column(table, "train_loss") == [.number(0.5), .number(0.25)])
    #expect(try Self.column(table, "val_loss") == [.number(0.75), .number(0.5)])
  }

  @Test func oneValueInTwoSpellingsIsNoContradiction() throws {
    #expect(try Self.read("step,a\n0,1.50\n0,1.5\n").table.steps == [0])
  }

  @Test(arguments: [
    ("step,a\n0,1\n0,2\n", 3, "step 0 stands twice, with another a"),
    ("step,a\n5,1\n3,2\n", 3, "its step is 3, after 5"),
    ("step,a\n0,1,2\n", 2, "it has 3 cells, and the header 2"),
    ("step,a,b\n0,1\n", 2, "it has 2 cells, and the header 3"),
    ("a,b\n0,1\n", 1, "it has no column step"), ("Step,b\n0,1\n", 1, "did you mean Step?"),
    ("step,a\n,1\n", 2, "it has no step"),
    ("step,a\n-1,1\n", 2, "its step is -1, not an integer"),
    ("step,a\n1.5,1\n", 2, "its step is 1.5, not an integer"),
    ("step,a,a\n0,1,2\n", 1, "two of its columns are named a"),
    ("step,a\n0,\"x\n", 2, "a quote is never closed"),
    ("step,a\n0,\"x\"y\n", 2, "a cell goes on behind its closing quote"),
    ("step,a\n0,\"x\n\n\"\n1,b\n1,c\n", 6, "step 1 stands twice"),
    ("step,a\n0,\u{1}\n", 2, "control characters"),
    ("step,step2\n0,\(String(repeating: "x", count: 1001))\n", 2, "at most 1000 bytes"),
  ])
  func whatIsWrongIsToldWithItsLine(text: String, line: Int, reason: String) throws {
    let fault = try Self.fault(text)
    #expect(fault.line == line, "\(fault)")
    #expect(fault.reason.contains(reason), "\(fault)")
  }

  @Test func ofWhatIsAdoptedTheLastRowHoldsAndThatIsSaid() throws {
    let (table, remarks) = try Self.read(
      "step,a,b\n0,1,1\n10,2,2\n5,3,\n10,9,2\n20,4,\n", .csv, .lastWins)
    #expect(table.steps == [0, 5, 10, 20])
    #expect(
      try Self.column(table, "a") == [.integer(1), .integer(3), .integer(9), .integer(4)])
    #expect(try Self.column(table, "b") == [.integer(1), nil, .integer(2), nil])
    #expect(
      remarks == ["of steps that stand twice the last row holds; 1 cell differs"])
  }

  @Test func stepsMayBeWrittenAsPandasDoes() throws {
    #expect(try Self.read(",step,a\n0,0.0,1\n1,10.0,2\n").table.steps == [0, 10])
  }

  @Test func anotherColumnMayCountAndStepIsThenOneMore() throws {
    let table = try Self.read("epoch,step,a\n0,49,1\n1,99,2\n", step: "epoch").table
    #expect(table.steps == [0, 1])
    #expect(table.columns.map(\.name) == ["file.step", "a"])
  }

  @Test func digitsThatNoNumberHoldsAreKeptAsText() throws {
    let table = try Self.read("step,a,b\n0,12345678901234567890123,1\n1,1,0x10\n").table
    #expect(
      try Self.column(table, "a") == [.text("12345678901234567890123"), .text("1")])
    #expect(try Self.column(table, "b") == [.text("1"), .text("0x10")])
  }

  @Test func anEmptyFileHasNoRows() throws {
    for form in [MetricsReader.Form.csv, .jsonLines] {
      #expect(try Self.read("", form).table == .empty)
    }
  }

  // MARK: JSON lines

  @Test func innerObjectsAreTakenApartAndPythonsNumbersRead() throws {
    let table = try Self.read(
      """
      {"step": 0, "loss": NaN, "eval": {"acc": 0.5, "f1": {"macro": 1}}, "tag": "a\\u00e9\\n", \
      "none": null}

      {"step": 1, "loss": -Infinity, "lr": 1e-05, "ok": true, "list": [1, {"a": 2}]}\r
      """, .jsonLines
    ).table
    #expect(table.steps == [0, 1])
    #expect(
      table.columns.map(\.name) == [
        "loss", "eval.acc", "eval.f1.macro", "tag", "none", "lr", "ok", "list",
      ])
    #expect(try Self.column(table, "loss") == [.number(.nan), .number(-.infinity)])
    #expect(try Self.column(table, "eval.f1.macro") == [.integer(1), nil])
    #expect(try Self.column(table, "tag") == [.text("aé\n"), nil])
    #expect(try Self.column(table, "lr") == [nil, .number(1e-05)])
    #expect(try Self.column(table, "ok") == [nil, .text("true")])
    #expect(try Self.column(table, "list") == [nil, .text("[1, {\"a\": 2}]")])
    #expect(try Self.column(table, "none") == [nil, nil])
  }

  @Test(arguments: [
    ("{\"step\":0}\nnonsense\n", 2, "it is not an object in JSON"),
    ("{\"step\":0}\n[1]\n", 2, "it is not an object in JSON"),
    ("{\"step\":0,}\n", 1, "it is not an object in JSON"),
    ("{\"step\":0} x\n", 1, "it is not an object in JSON"),
    ("{\"step\":0,\"a\":1,\"a\":1}\n", 1, "the key a stands twice in one object"),
    ("{\"a\":1}\n", 1, "it has no step"),
    ("{\"step\":1}\n{\"step\":0}\n", 2, "its step is 0, after 1"),
    ("{\"step\":0,\"a\":\"\\ud800\"}\n", 1, "it is not an object in JSON"),
    ("{\"step\":0,\"a\":01}\n", 1, "it is not an object in JSON"),
  ])
  func whatIsWrongInALineOfJSONIsTold(text: String, line: Int, reason: String) throws {
    let fault = try Self.fault(text, .jsonLines)
    #expect(fault.line == line, "\(fault)")
    #expect(fault.reason.contains(reason), "\(fault)")
  }

  @Test func deepNestingIsRefused() throws {
    for (open, close) in [("{\"a\":", "}"), ("[", "]")] {
      let deep =
        "{\"step\":0,\"a\":" + String(repeating: open, count: 100_000) + "1"
        + String(repeating: close, count: 100_000) + "}\n"
      #expect(try Self.fault(deep, .jsonLines).line == 1)
    }
  }

  @Test(arguments: [MetricsReader.Form.csv, .jsonLines])
  func anyTextGivesTheSameInPiecesAsWhole(form: MetricsReader.Form) {
    let alphabet: [String] =
      switch form {
      case .csv:
        ["step,a,b\n", "0,", "1,", "2", ",", "\"", "\n", "\r\n", "x", "é", "\r", "3,4,5\n"]
      case .jsonLines:
        [
          "{\"step\":", "1", "2,", "}", "\n", "\"", "a", ":", "[", "]", "\\u00", "NaN", "-", "e5",
          ".",
          "\"b\":", "{\"step\":7,\"c\":1}\n",
        ]
      }
    var random = SplitMix64(state: 20_260_914)
    for _ in 0..<3000 {
      let count = Int(random.next() % 12)
      let start = form == .csv ? alphabet[0] : ""
      let text =
        start
        + (0..<count).map { _ in alphabet[Int(random.next() % UInt64(alphabet.count))] }.joined()
      let whole = Result { () throws(MetricsFault) in try Self.read(text, form).table }
      let pieces = Result { () throws(MetricsFault) in try Self.read(text, form, pieces: 1).table }
      switch (whole, pieces) {
      case (.success(let a), .success(let b)): #expect(a == b, "\(text)")
      case (.failure(let a), .failure(let b)): #expect(a == b, "\(text)")
      case (.success, .failure), (.failure, .success): Issue.record("\(text)")
      }
    }
  }

  // MARK: A file that grows

  @Test func rowsCountOnceALaterStepIsThere() throws {
    var reader = MetricsReader(form: .csv, step: "step")
    try reader.append(Array("step,a\n0,1\n0,".utf8)[...])
    #expect(try reader.table(settledOnly: true).steps == [])
    #expect(reader.lastStep == 0)
    try reader.append(Array("1\n5,2\n".utf8)[...])
    #expect(try reader.table(settledOnly: true).steps == [0])
    #expect(try reader.table().steps == [0, 5])
    #expect(reader.rows == 2)
  }
}
