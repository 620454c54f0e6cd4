import RunRecords
import Testing

@Suite struct TraceTests {
  private static let digest = String(repeating: "0123456789abcdef", count: 4)
  private static let metrics = "0,0.5,0.25,1.5,0,100\n10,0.25,1,1.25,0.1,99.5\n"
  private static let hashes = "0,\(digest),\(digest)\n10,\(digest),\(digest)\n"

  /// Why the files with these rows are refused; nil if they are a trace.
  private static func reason(_ metrics: String = metrics, _ hashes: String = hashes) -> String? {
    do throws(RecordError) {
      let trace = try Trace(
        metricsCSV: Array((MetricsRow.header() + "\n" + metrics).utf8),
        hashesCSV: Array((HashRow.header + "\n" + hashes).utf8))
      #expect(trace.metricsCSV == Array((MetricsRow.header() + "\n" + metrics).utf8))
      #expect(trace.hashesCSV == Array((HashRow.header + "\n" + hashes).utf8))
      return nil
    } catch {
      return error.description
    }
  }

  @Test func bothFilesComeBack() {
    #expect(Self.reason() == nil)
    #expect(Self.reason("", "") == nil)
  }

  /// Columns that a config adds come back with their headings. Every row must have all of them.
  @Test func addedColumnsComeBack() throws {
    let header =
      "step,train_loss,train_accuracy,validation_loss,validation_accuracy,squared_norm,a,b\n"
    let hashes = Array((HashRow.header + "\n" + Self.hashes).utf8)
    func read(_ rows: String) throws -> Trace {
      try Trace(metricsCSV: Array((header + rows).utf8), hashesCSV: hashes, added: ["a", "b"])
    }
    let rows = "0,0.5,0.25,1.5,0,100,1,2.5\n10,0.25,1,1.25,0.1,99.5,0,1e-300\n"
    let trace = try read(rows)
    #expect(trace.addedHeadings == ["a", "b"])
    #expect(trace.metrics.map(\.added) == [[1, 2.5], [0, 1e-300]])
    #expect(trace.metricsCSV == Array((header + rows).utf8))
    #expect(trace.columns.map(\.name).suffix(2) == ["a", "b"])
    #expect(trace.columns[6].value(trace.metrics[1]) == 1e-300)
    #expect(trace.rows { $0 > 5 }.addedHeadings == ["a", "b"])
    #expect(throws: RecordError.self) { try read("0,0.5,0.25,1.5,0,100,1\n10,1,1,1,1,1,1,1\n") }
    #expect(throws: RecordError.self) { try read("0,0.5,0.25,1.5,0,100,1,nan\n10,1,1,1,1,1,1,1\n") }
  }

  @Test(arguments: [
    "0,0.5,0.25,1.5,0", "0,0.5,0.25,1.5,0,100,1", "0", "", "-10,0.5,0.25,1.5,0,100",
    "+0,0.5,0.25,1.5,0,100", "00,0.5,0.25,1.5,0,100", "0,0.50,0.25,1.5,0,100",
    "0,nan,0.25,1.5,0,100", "0,inf,0.25,1.5,0,100", "0,1e999,0.25,1.5,0,100",
    "0,0.5,0.25,1.5,-0,100", "0,0x1p-1,0.25,1.5,0,100", "0, 0.5,0.25,1.5,0,100",
    "18446744073709551616,0.5,0.25,1.5,0,100", "0,,0.25,1.5,0,100", "0,0.5,0.25,1.5,0,100\r",
    "\u{ff10},0.5,0.25,1.5,0,100",
  ])
  func aMetricsRowHasOneForm(row: String) {
    #expect(Self.reason(row + "\n")?.hasPrefix("metrics.csv:2: not a row") == true)
  }

  @Test(arguments: [
    "0", "", "0,DIGEST", "0,DIGEST,DIGEST,DIGEST", "-10,DIGEST,DIGEST", "00,DIGEST,DIGEST",
    "+0,DIGEST,DIGEST", "0,DIGEST,abc", "0,DIGEST,", "0,DIGEST,DIGEST0", "0,DIGEST,DIGEST ",
  ])
  func aHashRowHasOneForm(row: String) {
    let row = row.replacing("DIGEST", with: Self.digest) + "\n"
    #expect(Self.reason(Self.metrics, row)?.hasPrefix("hashes.csv:2: not a row") == true)
    let capitals = Self.hashes.replacing("a", with: "A")
    #expect(Self.reason(Self.metrics, capitals)?.hasPrefix("hashes.csv:2: not a row") == true)
  }

  @Test func stepsRiseAndAreTheSame() {
    let row = "10,0.25,1,1.25,0.1,99.5\n"
    #expect(Self.reason(Self.metrics + row) == "metrics.csv:4: its step does not rise")
    #expect(Self.reason(row + "0,1,1,1,1,1\n") == "metrics.csv:3: its step does not rise")
    let short = "0,\(Self.digest),\(Self.digest)\n"
    #expect(
      Self.reason(Self.metrics, short) == "hashes.csv:1: its steps are not those of metrics.csv")
  }

  /// Otherwise a cut last number could pass for a whole one.
  @Test func theLastNewlineIsNeeded() {
    let hashes = "0,\(Self.digest),\(Self.digest)\n"
    #expect(Self.reason("0,0.5,0.25,1.5,0,100\n", hashes) == nil)
    let reason = Self.reason("0,0.5,0.25,1.5,0,100", hashes)
    #expect(reason == "metrics.csv:1: not text that ends in a newline")
  }

  @Test func headerAndLastNewlineAreNeeded() {
    let hashes = Array((HashRow.header + "\n").utf8)
    for text in ["", "\n", MetricsRow.header(), "step\n", " " + MetricsRow.header() + "\n"] {
      let error = #expect(throws: RecordError.self) {
        try Trace(metricsCSV: Array(text.utf8), hashesCSV: hashes)
      }
      #expect(error?.description.hasPrefix("metrics.csv:1: ") == true, "\(text)")
    }
    let notText = Array((MetricsRow.header() + "\n").utf8) + [0xff, 0x0a]
    #expect(throws: RecordError.self) { try Trace(metricsCSV: notText, hashesCSV: hashes) }
  }
}
