import Digests
import RunRecords
import Testing

@Suite struct InputListTests {
  private static let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  private static let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  private static func reason(_ text: String) -> String? {
    do throws(RecordError) {
      let list = try InputList(bytes: Array(text.utf8))
      #expect(list.bytes == Array(text.utf8))
      return nil
    } catch {
      return error.description
    }
  }

  /// The form of GNU sha256sum, where an asterisk marks a file that is read as bytes.
  @Test func aListIsWhatSha256sumChecks() throws {
    let list = try InputList([
      .init(path: "run.sh", digest: Digest(of: Array("abc".utf8)), isExecutable: true),
      .init(path: "data/a b", digest: Digest(of: []), isExecutable: false),
    ])
    let text = "\(Self.empty)  data/a b\n\(Self.abc) *run.sh\n"
    #expect(String(decoding: list.bytes, as: UTF8.self) == text)
    #expect(try InputList(bytes: Array(text.utf8)) == list)
    #expect(list.digest == Digest(of: Array(text.utf8)))
    #expect(Self.reason("") == nil)
  }

  @Test(arguments: [
    "DIGEST  a", "DIGEST a\n", "DIGEST   a\n", "DIGEST **a\n", "DIGEST  \n", "\n", "DIGEST  a\n\n",
    "DIGEST  b\nDIGEST  a\n", "DIGEST  a\nDIGEST  a\n", "DIGEST  a\nDIGEST  A\n",
    "DIGEST  ../a\n", "DIGEST  /a\n", "DIGEST  a\\b\n", "DIGEST  a\r\n", "\\DIGEST  a\n",
    "DIGEST  a\nDIGEST  a/b\n", "DIGEST  é\n", "0DIGEST  a\n",
  ])
  func otherTextsAreRefused(text: String) {
    #expect(Self.reason(text.replacing("DIGEST", with: Self.empty)) != nil)
    #expect(Self.reason("\(Self.empty.uppercased())  a\n") != nil)
  }

  @Test(arguments: [("DIGEST--a\n", 1), ("DIGEST  a\nDIGEST  é\n", 2)])
  func refusalsNameTheLine(text: String, line: Int) {
    #expect(
      Self.reason(text.replacing("DIGEST", with: Self.empty))
        == "inputs-sha256.txt:\(line): it is not a digest and the name of a file")
  }

  @Test func aListHasALimit() {
    let bytes = Array(repeating: UInt8(ascii: "x"), count: InputList.largestSize + 1)
    let error = RecordError.trace(
      file: "inputs-sha256.txt", line: 1, reason: "a list has at most 25165824 bytes")
    #expect(throws: error) { try InputList(bytes: bytes) }
  }

  @Test func refusalsNameTheFile() {
    #expect(
      Self.reason("\(Self.empty)  a/.git\n")
        == "inputs: a/.git: a part of it is .git, so it cannot be sealed")
  }
}
