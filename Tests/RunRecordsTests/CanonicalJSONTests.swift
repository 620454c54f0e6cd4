import RunRecords
import Testing

@Suite struct CanonicalJSONTests {
  /// Keys with characters on both sides of every border of UTF-8 and UTF-16.
  @Test func keysAreInTheOrderOfTheirUTF16() {
    let edges: [Unicode.Scalar] = [
      "\0", "a", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}", "\u{efff}",
      "\u{f000}", "\u{ffff}", "\u{10000}", "\u{fffff}", "\u{100000}", "\u{10ffff}",
    ]
    var texts = [""]
    for length in 1...2 {
      let longest = texts.filter { $0.unicodeScalars.count == length - 1 }
      texts += longest.flatMap { text in edges.map { text + String($0) } }
    }
    for a in texts {
      for b in texts {
        let isBefore = CanonicalJSON.Key(a) < CanonicalJSON.Key(b)
        #expect(isBefore == a.utf16.lexicographicallyPrecedes(b.utf16))
      }
    }
  }

  @Test(arguments: [
    "null", "true", "false", "0", "-1.5", "1e+21", "5e-324", "\"\"", "[]", "{}", "[1,[2,{}]]",
    #"{"":0,"a":[null,true],"b":{"c":"d"}}"#, #""\b\t\n\f\r\"\\\u0000\u001f/é€😀""#,
    // RFC 8785 §3.2.3: keys are sorted by UTF-16 code units.
    "{\"\\r\":1,\"1\":2,\"\u{80}\":3,\"\u{f6}\":4,\"\u{20ac}\":5,\"\u{1f600}\":6,\"\u{fb33}\":7}",
    // One letter as one code point and as two: two keys.
    "{\"e\u{301}\":1,\"\u{e9}\":2}",
  ])
  func canonicalTextComesBack(text: String) throws {
    #expect(try CanonicalJSON(canonical: Array(text.utf8)).text == text)
  }

  @Test(arguments: [
    "", " ", "nul", "nulll", "01", "1.0", "1.", ".5", "+1", "-0", "1E5", "1e5", "1e21", "1e999",
    "NaN",
    "Infinity", "0x1p3", "--1", "[1,]", "[,1]", "[1 ]", "[1", "1]", "{\"a\"}", "{\"a\":}", "{a:1}",
    "{\"a\":1,}", "{\"a\":1,\"a\":1}", "{\"b\":1,\"a\":1}", "{} ", "{}\n", "{}{}", "\u{feff}{}",
    "\"", "\"\\\"", "\"\\u00\"", "\"\\u0041\"", "\"\\u001F\"", "\"\\ud800\"", "\"\\/\"", "\"\\x\"",
    "\"\\u+001\"", "\"\t\"", "'a'",
  ])
  func otherTextIsRefused(text: String) {
    #expect(throws: RecordError.self) { try CanonicalJSON(canonical: Array(text.utf8)) }
  }

  @Test(arguments: [
    ("", "it is empty"), (" \n", "it is empty"),
    ("\u{feff}{}", "a byte order mark at its start"),
    ("{\"a\":1}\n", "a line break or spaces at its end"),
    ("{\n  \"a b\\\" c\": [1, 2]\n}\n", "spaces or line breaks in it"),
    ("{\"b\": 1, \"a\": 1}", "it cannot be read"), ("{\"a\" :}", "it cannot be read"),
  ])
  func whatEditorsDoIsNamed(text: String, reason: String) {
    let error = #expect(throws: RecordError.self) { try CanonicalJSON(canonical: Array(text.utf8)) }
    #expect(error.map { "\($0)".contains(reason) } == true, "\(String(describing: error))")
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    for bytes: [UInt8] in [[0x22, 0xff, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xff, 0xfe]] {
      #expect(throws: RecordError.self) { try CanonicalJSON(canonical: bytes) }
    }
  }

  @Test func depthIsBounded() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    _ = try CanonicalJSON(canonical: nested(CanonicalJSON.greatestDepth + 1))
    for depth in [CanonicalJSON.greatestDepth + 2, 10_000, 1_000_000] {
      #expect(throws: RecordError.self) { try CanonicalJSON(canonical: nested(depth)) }
    }
  }
}
