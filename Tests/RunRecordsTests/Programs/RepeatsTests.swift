import RunRecords
import Testing

@Suite struct RepeatsTests {
  private static func reason(_ text: String) -> String? {
    do throws(RecordError) {
      let bytes = Array(text.utf8)
      #expect(try Repeats(bytes: bytes).bytes == bytes)
      return nil
    } catch {
      return error.description
    }
  }

  private static let text =
    #"{"columns":{"acc":null,"loss":{"first":40,"largest":"0.25","rows":3}},"count":2,"#
    + #""ending":"identical","files":{"results/out/a.png":"differs"},"measured":true,"#
    + #""outcome":{"best":"identical"},"same_steps":true,"steps":null,"#
    + #""varied":[{"columns":{},"ending":null,"files":{},"name":"OMP_NUM_THREADS","#
    + #""outcome":{},"same_steps":true,"value":"2"}]}"#

  @Test func theFileHasThisForm() throws {
    let repeats = Repeats.measured(
      .init(
        count: 2,
        spread: .init(
          columns: ["loss": .init(first: 40, largest: .number(0.25), rows: 3), "acc": nil],
          files: ["results/out/a.png": .differs], outcome: ["best": .identical],
          ending: .identical),
        varied: [.init(name: "OMP_NUM_THREADS", value: "2", spread: .init())]))
    #expect(repeats.json.text == Self.text)
    #expect(try Repeats(bytes: repeats.bytes) == repeats)
    #expect(Repeats.notMeasured.json.text == #"{"measured":false}"#)
    #expect(try Repeats(bytes: Repeats.notMeasured.bytes) == .notMeasured)
  }

  @Test(arguments: [
    ("\"0.25\"", "\"0.250\""), ("\"0.25\"", "0.25"), ("\"0.25\"", "\"-1\""),
    ("\"0.25\"", "\"inf\""),
    ("\"count\":2", "\"count\":0"), ("\"differs\"", "\"same\""),
    ("true,\"outcome\"", "1,\"outcome\""),
    ("\"rows\":3", "\"rows\":0"), ("\"steps\":null", "\"steps\":-1"),
    ("\"first\":40", "\"first\":-1"),
    ("\"value\":\"2\"", "\"value\":2"), ("\"same_steps\":true,\"steps\"", "\"steps\""),
  ])
  func otherFilesAreRefused(part: String, replacement: String) {
    #expect(Self.reason(Self.text) == nil)
    #expect(Self.reason(Self.text.replacing(part, with: replacement)) != nil)
  }

  @Test func whatWasNotMeasuredSaysNothingElse() {
    #expect(Self.reason(#"{"count":2,"measured":false}"#) != nil)
    #expect(Self.reason("{}") != nil)
    #expect(Self.reason(#"{"measured":null}"#) != nil)
  }

  @Test func aFileHasALimit() {
    let bytes = Array(repeating: UInt8(ascii: "x"), count: Repeats.largestSize + 1)
    let error = RecordError.program(
      file: "repeats.json", key: "", reason: "it has more than 16777216 bytes")
    #expect(throws: error) { try Repeats(bytes: bytes) }
  }

  @Test(arguments: ["0.250", "1e0", "+1", "0x1p-2", "-1", "infinity", "nan", "1e400", ""])
  func otherTextsAreNoDistance(text: String) {
    #expect(Distance(text) == nil)
  }

  @Test func distancesHaveAnOrder() {
    #expect(Distance(1.5, 1) == .number(0.5))
    #expect(Distance(-0.0, 0) == .number(0))
    #expect(Distance(.infinity, 1) == .infinite)
    #expect(Distance(.greatestFiniteMagnitude, -.greatestFiniteMagnitude) == .infinite)
    #expect(Distance(.nan, 1) == .undefined)
    let rising: [Distance] = [.number(0), .number(1e300), .infinite, .undefined, .text]
    #expect(Array(rising.reversed()).sorted() == rising)
    #expect(rising.map { Distance($0.description) } == rising)
  }
}
