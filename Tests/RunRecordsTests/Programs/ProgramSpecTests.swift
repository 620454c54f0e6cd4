import Digests
import RunRecords
import Testing

@Suite struct ProgramSpecTests {
  private static let digest = String(repeating: "0123456789abcdef", count: 4)
  private static let text =
    #"{"compare":{"columns":{"seconds":"ignore"},"default":"bits","files":{},"outcome":{}},"#
    + #""config":{"optimizer":{"lr":0.001}},"env":["A","B"],"inputs":"DIGEST","kind":"program","#
    + #""metrics":{"file":"metrics.csv","step":"epoch"},"outcome":"outcome.json","#
    + #""run":["python","train.py","{config.optimizer.lr}"],"version":1}"#

  private static func reason(_ text: String) -> String? {
    do throws(RecordError) {
      let bytes = Array(text.replacing("DIGEST", with: digest).utf8)
      #expect(try ProgramSpec(bytes: bytes).bytes == bytes)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func theFileHasThisForm() throws {
    let spec = ProgramSpec(
      run: ["python", "train.py", "{config.optimizer.lr}"],
      config: ["optimizer": ["lr": 0.001]], inputs: try #require(Digest(hex: Self.digest)),
      compare: try #require(ComparePolicy(columns: ["seconds": .ignore])), environment: ["B", "A"],
      metrics: .init(file: "metrics.csv", step: "epoch"), outcome: "outcome.json")
    let text = Self.text.replacing("DIGEST", with: Self.digest)
    #expect(spec.json.text == text)
    #expect(try ProgramSpec(bytes: spec.bytes) == spec)
    // printf '%s' "$text" | sha256sum | cut -c 1-16
    #expect(spec.runID == "15fc16b77209b144")
    try spec.check()
  }

  @Test func aFileHasALimit() throws {
    let text = String(repeating: "x", count: ProgramSpec.largestSize)
    let spec = ProgramSpec(run: ["true"], config: ["a": .string(text)], inputs: Digest(of: []))
    let error = RecordError.program(
      file: "program.json", key: "", reason: "it has more than 1048576 bytes")
    #expect(throws: error) { try spec.check() }
    #expect(throws: error) { try ProgramSpec(bytes: spec.bytes) }
  }

  @Test func whatIsNotThereIsNull() throws {
    let spec = ProgramSpec(run: ["true"], inputs: Digest(of: []))
    #expect(
      spec.json.text
        == #"{"compare":{"columns":{},"default":"bits","files":{},"outcome":{}},"config":null,"#
        + #""env":[],"inputs":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","#
        + #""kind":"program","metrics":null,"outcome":null,"run":["true"],"version":1}"#)
    var here = spec
    here.ranHere = true
    here.adopted = Digest(of: [])
    here.run = []
    #expect(here.json["here"] == true)
    #expect(try ProgramSpec(bytes: here.bytes) == here)
    #expect(here.runID != spec.runID)
  }

  @Test(arguments: [
    ("\"kind\":\"program\"", "\"kind\":\"trainer\"", "program.json: kind: must be program"),
    (
      "\"version\":1", "\"version\":2", "program.json: version: this program reads version 1 only"
    ),
    ("[\"A\",\"B\"]", "[\"B\",\"A\"]", "program.json: env: must be sorted"),
    ("[\"A\",\"B\"]", "[\"A\",\"A\"]", "program.json: env: A stands twice"),
    ("[\"A\",\"B\"]", "[\"A=\"]", "program.json: env: \"A=\" cannot be the name of a variable"),
    (
      "\"inputs\":\"DIGEST\"", "\"inputs\":\"\"",
      "program.json: inputs: must be 64 lowercase hexadecimal digits"
    ),
    (
      "{\"optimizer\":{\"lr\":0.001}}", "[]",
      "program.json: config: must be an object of keys and values, or null"
    ),
    (
      "\"metrics.csv\"", "\"../metrics.csv\"",
      "program.json: metrics.file: is no name of a file to be sealed: a part of it is .."
    ),
    (
      "\"outcome.json\"", "\"/etc/passwd\"",
      "program.json: outcome: is no name of a file to be sealed: "
        + "it begins or ends with a slash, or has two in a row"
    ),
    (
      "\"epoch\"", "\"\"",
      "program.json: metrics.step: a column's name has 1 to 200 bytes, not 0"
    ),
    ("\"version\":1", "\"trust\":true,\"version\":1", "program.json: trust: unknown key"),
    (
      "\"inputs\"", "\"here\":false,\"inputs\"",
      "program.json: here: must be true where it stands"
    ),
    (
      "\"kind\"", "\"execute\":true,\"kind\"",
      "program.json: \(CanonicalJSONOrder.note)"
    ),
    (
      "\"run\":[\"python\",\"train.py\",\"{config.optimizer.lr}\"]", "\"run\":[]",
      "program.json: run: must name a program"
    ),
    ("\"python\"", "1", "program.json: run: must be a list of texts"),
    ("\"python\"", "\"a\\u0000\"", "program.json: run: has a NUL"),
  ])
  func otherFilesAreRefused(part: String, replacement: String, reason: String) {
    #expect(Self.reason(Self.text) == nil)
    #expect(Self.reason(Self.text.replacing(part, with: replacement)) == reason)
  }
}

private enum CanonicalJSONOrder {
  /// The error for a key that is not where it sorts.
  static let note = "its bytes are not the canonical form of RFC 8785"
}
