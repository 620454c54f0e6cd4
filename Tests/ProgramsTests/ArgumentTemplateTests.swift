import Programs
import RunRecords
import Testing

@Suite struct ArgumentTemplateTests {
  private static let config: CanonicalJSON = [
    "lr": 0.001, "steps": 100, "tiny": .number(1e-7), "big": .number(1e21), "name": "adam w",
    "on": true, "none": .null, "list": [1, 2], "inner": ["a": "b", "deep": ["x": -3]],
    "dotted.key": 7,
  ]

  private static func word(
    _ word: String, config: CanonicalJSON? = Self.config
  ) throws(ProgramError) -> String {
    try ArgumentTemplate([word]).arguments(config: config, out: "/r/out", configFile: "/r/c.json")[
      0]
  }

  @Test(arguments: [
    ("train.py", "train.py"), ("{out}", "/r/out"), ("--out={out}/x", "--out=/r/out/x"),
    ("{config}", "/r/c.json"), ("{config.lr}", "0.001"), ("{config.steps}", "100"),
    ("{config.tiny}", "1e-7"), ("{config.big}", "1e+21"), ("{config.name}", "adam w"),
    ("{config.on}", "true"), ("{config.inner.a}", "b"), ("{config.inner.deep.x}", "-3"),
    ("{config.dotted.key}", "7"), ("{out}{config.steps}{out}", "/r/out100/r/out"), ("", ""),
  ])
  func theThreeTextsAreReplaced(word: String, expected: String) throws {
    #expect(try Self.word(word) == expected)
  }

  @Test(arguments: [
    ("{{out}}", "{out}"), ("{{{out}}}", "{/r/out}"), ("{{", "{"), ("}}", "}}"), ("{", "{"),
    ("{Out}", "{Out}"), ("{ out }", "{ out }"), ("{output}", "{output}"), ("${HOME}", "${HOME}"),
    (#"{"a":{"b":1}}"#, #"{"a":{"b":1}}"#), ("{0:03d}", "{0:03d}"), ("{config.}", "{config.}"),
    ("{{config.lr}}", "{config.lr}"), ("{out", "{out"), ("$(rm -rf /)", "$(rm -rf /)"),
    ("{configs.lr}", "{configs.lr}"),
  ])
  func otherBracesStay(word: String, expected: String) throws {
    #expect(try Self.word(word) == expected)
  }

  @Test(arguments: [
    ("{config.lrr}", "the config has no key lrr; did you mean lr?"),
    ("{config.inner}", "it has keys of its own"), ("{config.list}", "its value is a list"),
    ("{config.none}", "its value is null"), ("{config.lr.x}", "the config has no key lr.x"),
  ])
  func whatHasNoSingleValueIsRefused(word: String, reason: String) throws {
    let error = try #require(throws: ProgramError.self) { try Self.word(word) }
    #expect("\(error)".contains(reason), "\(error)")
  }

  @Test(arguments: ["{config}", "{config.lr}"])
  func withoutAConfigThereIsNoneToName(word: String) throws {
    let error = try #require(throws: ProgramError.self) { try Self.word(word, config: nil) }
    #expect("\(error)".contains("there is no config"))
  }

  @Test func aValueIsNotReplacedAgain() throws {
    #expect(try Self.word("{config.x}", config: ["x": "{out}"]) == "{out}")
  }
}
