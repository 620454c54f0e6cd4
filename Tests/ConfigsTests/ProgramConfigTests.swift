import Configs
import RunRecords
import Testing

@Suite struct ProgramConfigTests {
  private static func json(_ yaml: String) throws -> String {
    try ProgramConfig.json(yaml: yaml, file: "conf.yaml").text
  }

  private static func reason(_ yaml: String) -> String? {
    do throws(RecordError) {
      _ = try ProgramConfig.json(yaml: yaml, file: "conf.yaml")
      return nil
    } catch {
      return error.description
    }
  }

  /// Examples of the core schema in YAML 1.2.2 §10.3.2, and scalars that YAML 1.1 read in another
  /// way.
  @Test(arguments: [
    ("null", "null"), ("~", "null"), ("", "null"), ("Null", "null"), ("nULL", "\"nULL\""),
    ("true", "true"), ("False", "false"), ("yes", "\"yes\""), ("on", "\"on\""), ("0", "0"),
    ("0o7", "7"), ("0x3A", "58"), ("-19", "-19"), ("+12", "12"), ("007", "7"), ("0.", "0"),
    ("-0.0", "0"), (".5", "0.5"), ("+12e03", "12000"), ("-2E+05", "-200000"), ("1e-6", "0.000001"),
    ("00.5", "0.5"), ("-.25", "-0.25"), ("-0o7", "\"-0o7\""), ("0x", "\"0x\""), ("0xg", "\"0xg\""),
    ("1_000", "\"1_000\""), ("12:30", "\"12:30\""), ("1.2.3", "\"1.2.3\""), (".", "\".\""),
    ("e5", "\"e5\""), ("1e", "\"1e\""), ("+", "\"+\""), ("++1", "\"++1\""), ("1 2", "\"1 2\""),
    ("'1'", "\"1\""), ("\"true\"", "\"true\""), ("9007199254740992", "9007199254740992"),
    ("-9007199254740992", "-9007199254740992"), ("[1, [a, null]]", "[1,[\"a\",null]]"),
    ("{b: 1, a: {}}", "{\"a\":{},\"b\":1}"), ("[]", "[]"), ("٣", "\"٣\""),
  ])
  func scalarsAreThoseOfTheCoreSchema(yaml: String, expected: String) throws {
    #expect(try Self.json("key: \(yaml)\n") == "{\"key\":\(expected)}")
  }

  @Test func numbersThatJSONWouldLoseAreRefused() {
    #expect(
      Self.reason("a:\n  b: 9007199254740993\n")
        == "conf.yaml:2: a.b: 9007199254740993 is an integer beyond 2^53; in quotes it is a text")
    for text in [
      "0xffffffffffffffff", "123456789012345678901234567890", "1e999", "1e-999", ".inf", "-.INF",
      ".nan",
    ] {
      #expect(
        Self.reason("a: \(text)")?.hasPrefix("conf.yaml:1: a: \(text) is ") == true, "\(text)")
    }
  }

  @Test func aConfigIsAMapping() throws {
    #expect(try Self.json("# nothing\n") == "{}")
    #expect(try Self.json(#"{"json": [1.50, true, "x"]}"#) == #"{"json":[1.5,true,"x"]}"#)
    #expect(
      Self.reason("[1]") == "conf.yaml:1: a config has to consist of keys and values, e.g. seed: 42"
    )
    for yaml in ["a: &x 1\nb: *x", "a: !!int 1", "<<: {a: 1}", "a: 1\na: 2", "a: 1\n---\nb: 2"] {
      #expect(Self.reason(yaml) != nil, "\(yaml)")
    }
  }

  @Test func aConfigHasALimit() {
    let text = "a: " + String(repeating: "x", count: ProgramConfig.largestSize)
    #expect(Self.reason(text) == "conf.yaml: a config has at most 1048576 bytes")
  }
}
