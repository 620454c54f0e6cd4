import RunRecords
import Testing

@testable import Programs

@Suite struct FoundOutcomeTests {
  private static func read(
    _ text: String
  ) throws(MetricsFault) -> [CanonicalJSON.Key: CanonicalJSON] {
    try FoundOutcome.read(Array(text.utf8))
  }

  @Test func valuesAreReadAsPythonWritesThem() throws {
    #expect(
      try Self.read(
        """
        {"a": 1, "b": -2.5e-3, "c": NaN, "d": -Infinity, "e": "text", "f": true, "g": null,
         "h": {"i": {"j": false}}, "k": -0.0, "l": 123456789012345678901}
        """) == [
          "a": 1, "b": -0.0025, "c": "NaN", "d": "-Infinity", "e": "text", "f": true, "g": .null,
          "h.i.j": false, "k": 0, "l": "123456789012345678901",
        ])
    #expect(try Self.read("\u{FEFF}{}\n") == [:])
  }

  @Test(arguments: [
    ("", "it is not an object"), ("[]", "it is not an object"), ("{", "it is not an object"),
    ("{\"a\": [1]}", "a is a list"), ("{\"a\": 1, \"a\": 2}", "stands twice"),
    ("{\"a.b\": 1, \"a\": {\"b\": 2}}", "two of its keys are a.b"),
    ("{} {}", "it is not an object"),
  ])
  func whatIsNoneIsRefused(text: String, reason: String) throws {
    let fault = try #require(throws: MetricsFault.self) { try Self.read(text) }
    #expect(fault.reason.contains(reason), "\(fault)")
  }

  @Test func aLongTextIsRefused() throws {
    let text = String(repeating: "x", count: 1001)
    let fault = try #require(throws: MetricsFault.self) { try Self.read("{\"a\": \"\(text)\"}") }
    #expect(fault.reason.contains("at most 1000 bytes"), "\(fault)")
  }
}
