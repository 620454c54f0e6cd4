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
    #"{"found":{},"program":{"interrupted":false,"signal":"SIGKILL","status":0,"timeout":false}}"#,
    #"{"found":{},"program":{"interrupted":0,"signal":null,"status":0,"timeout":false}}"#,
    #"{"found":{}, ENDING}"#,
  ])
  func otherFilesAreRefused(text: String) {
    #expect(Self.reason(text.replacing("ENDING", with: Self.ending)) != nil)
  }

  @Test func textsHaveALimit() throws {
    let text = String(repeating: "x", count: 1000)
    #expect(Self.reason(#"{"found":{"a":"\#(text)"},\#(Self.ending)}"#) == nil)
    #expect(
      Self.reason(#"{"found":{"a":"\#(text)x"},\#(Self.ending)}"#)
        == "outcome.json: a: a text has at most 1000 bytes")
  }
}
