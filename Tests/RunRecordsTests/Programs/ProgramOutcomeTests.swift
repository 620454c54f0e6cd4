import RunRecords
import Testing

@Suite struct ProgramOutcomeTests {
  private static func reason(_ text: String) -> String? {
    do throws(RecordError) {
      let bytes = Array(text.utf8)
      #expect(try ProgramOutcome(bytes: bytes).bytes == bytes)
      return nil
    } catch {
      return error.description
    }
  }

  private static let ending =
    #""program":{"interrupted":false,"signal":null,"status":0,"timeout":false}"#

  @Test func theFileHasThisForm() throws {
    let outcome = try ProgramOutcome(
      found: ["accuracy": 0.5, "name": "a", "done": true, "none": .null, "loss": "NaN"],
      ending: .init(status: nil, signal: "SIGKILL", timedOut: true))
    #expect(
      outcome.json.text
        == #"{"found":{"accuracy":0.5,"done":true,"loss":"NaN","name":"a","none":null},"#
        + #""program":{"interrupted":false,"signal":"SIGKILL","status":null,"timeout":true}}"#)
    #expect(try ProgramOutcome(bytes: outcome.bytes) == outcome)
    #expect(outcome.ending.isFailure)
    #expect(outcome.ending.description == "ended by SIGKILL at its time limit")
    #expect(!ProgramOutcome.Ending.unknown.isFailure)
    #expect(Self.reason(#"{"found":{},\#(Self.ending)}"#) == nil)
  }

  @Test(arguments: [
    #"{"found":{"a":[]},ENDING}"#, #"{"found":{"a":{"b":1}},ENDING}"#, #"{"found":null,ENDING}"#,
    #"{"found":{}}"#, #"{ENDING}"#, #"{"execute":true,"found":{},ENDING}"#,
    #"{"found":{},"program":{"interrupted":false,"signal":null,"status":256,"timeout":false}}"#,
    #"{"found":{},"program":{"interrupted":false,"signal":"KILL","status":null,"timeout":false}}"#,
    #"{"found":{},"program":{"interrupted":false,"signal":"SIG","status":null,"timeout":false}}"#,
    #"{"found":{},"program":{"interrupted":false,"signal":"SIGx","status":null,"timeout":false}}"#,
    #"{"found":{},"program":{"interrupted":false,"signal":"SIGKILL","status":0,"timeout":false}}"#,
    #"{"found":{},"program":{"interrupted":0,"signal":null,"status":0,"timeout":false}}"#,
    #"{"found":{}, ENDING}"#,
  ])
  func otherFilesAreRefused(text: String) {
    #expect(Self.reason(text.replacing("ENDING", with: Self.ending)) != nil)
  }

  @Test func aSignalsNameHasAtMost23Bytes() throws {
    for (name, isOne) in [
      ("SIGA", true), ("SIGRTMIN+3", true), ("SIG45678901234567890123", true),
      ("SIG456789012345678901234", false),
    ] {
      let text =
        #"{"found":{},"program":{"interrupted":false,"signal":"\#(name)","#
        + #""status":null,"timeout":false}}"#
      #expect((Self.reason(text) == nil) == isOne, "\(name)")
    }
  }

  @Test func aFileHasALimit() throws {
    let text = String(repeating: "x", count: 1000)
    var found: [CanonicalJSON.Key: CanonicalJSON] = [:]
    for number in 0..<1100 { found[.init("key\(number)")] = .string(text) }
    let outcome = try ProgramOutcome(found: found, ending: .init(status: 0))
    #expect(
      throws: RecordError.program(
        file: "outcome.json", key: "", reason: "it has more than 1048576 bytes")
    ) { try ProgramOutcome(bytes: outcome.bytes) }
  }

  @Test func textsHaveALimit() throws {
    let text = String(repeating: "x", count: 1000)
    #expect(Self.reason(#"{"found":{"a":"\#(text)"},\#(Self.ending)}"#) == nil)
    #expect(
      Self.reason(#"{"found":{"a":"\#(text)x"},\#(Self.ending)}"#)
        == "outcome.json: a: a text has at most 1000 bytes")
  }
}
