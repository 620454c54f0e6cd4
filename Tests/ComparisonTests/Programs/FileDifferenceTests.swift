import Comparison
import RunRecords
import TestSupport
import Testing

@Suite struct FileDifferenceTests {
  private static func difference(
    _ path: String, _ a: String, _ b: String, _ tolerance: Tolerance? = nil
  ) throws -> FileDifference {
    try FileDifference(
      path: path, FileContent(Array(a.utf8)), FileContent(Array(b.utf8)), tolerance: tolerance)
  }

  // MARK: JSON

  @Test func jsonIsComparedByKey() throws {
    let difference = try Self.difference(
      "a.json", #"{"x": {"y": [1, 2.5, "s"]}, "p": null, "only": 1, "n": 1.0}"#,
      #"{"n":1,"p":false,"x":{"y":[1,2.75,"t",4]},"new":[]}"#)
    #expect(difference.form == .json)
    let part = try #require(difference.parts.first)
    #expect(part.differing == 3)
    #expect(part.first.place == .key("x.y[1]"))
    #expect(part.first.distance == .number(0.25))
    #expect(
      difference.structure == [
        .onlyInB("x.y[3]"), .onlyInA("only"), .onlyInB("new"),
      ])
  }

  @Test func jsonThatIsWrittenOtherwiseHasTheSameValues() throws {
    let difference = try Self.difference(
      "a.json", "{\"a\": [NaN, 1e2, \"\\u00e9\\n\"], \"b\": -Infinity}",
      "\u{feff}{\"b\":-Infinity,\"a\":[NaN,100.0,\"é\\n\"]}\n")
    #expect(difference.form == .json)
    #expect(difference.hasSameValues)
    #expect(difference.isCovered)
  }

  @Test func numbersBeyondBinary64KeepTheirDigits() throws {
    let difference = try Self.difference("a.json", "[9007199254740993]", "[9007199254740992]")
    #expect(difference.parts.first?.first.distance == .number(1))
    let large = try Self.difference("a.json", "18446744073709551617", "18446744073709551618")
    #expect(large.parts.first?.first.distance == .text)
    #expect(large.parts.first?.first.place.description == "the whole value")
  }

  @Test func aToleranceCoversTheNumbersOfJSONAndCSV() throws {
    let tolerance = try #require(Tolerance(absolute: 0.5))
    let covered = try Self.difference("a.json", #"{"a":1,"b":2}"#, #"{"a":1.5,"b":2}"#, tolerance)
    #expect(covered.isCovered)
    let text = try Self.difference("a.json", #"{"a":"1"}"#, #"{"a":"1.5"}"#, tolerance)
    #expect(text.beyond?.place == .key("a"))
    let far = try Self.difference("a.csv", "x,y\n1,2\n3,4\n", "x,y\n1.5,2\n3,4.75\n", tolerance)
    #expect(far.beyond?.place == .cell(record: 3, column: "y"))
    #expect(far.parts.map(\.name) == ["x", "y"])
    #expect(!far.isCovered)
    // A file without a form that has numbers is not covered.
    #expect(try !Self.difference("a.txt", "1", "1.5", tolerance).isCovered)
  }

  /// Texts that are not JSON are compared as text. Some are nested so deeply that a recursive
  /// reader would crash.
  @Test(arguments: [
    String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 200_000),
    String(repeating: "[", count: 300) + String(repeating: "]", count: 300),
    #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, "[1,]", "[01]", "[1.]", "[+1]", "[\"\t\"]",
    "[\"\\x\"]",
    "[\"\\u12\"]", "[1] 2", "", "nul", "[1", "\"", "{\"a\" 1}", "{1:2}", "[tru]", "[-]", "[1e]",
  ])
  func whatIsNoJSONIsText(text: String) throws {
    let difference = try Self.difference("a.json", text, "[0]")
    #expect(difference.form == .text)
    #expect(
      difference.fallback
        == "one of the two is no JSON that can be read, or larger than 16 MiB")
  }

  @Test func ofManyThatOneHasAloneAHundredAreListed() throws {
    let difference = try Self.difference(
      "a.json", "[1]", "[1" + String(repeating: ",2", count: 1000) + "]")
    #expect(difference.structure.count == 100)
    #expect(difference.structure.first == .onlyInB("[1]"))
    #expect(difference.unlisted == 900)
    #expect(!difference.isCovered)
  }

  /// A path is written only where it is shown, and then shortened.
  @Test func longKeysAreShownInShort() throws {
    let key = String(repeating: "k", count: 100_000)
    let difference = try Self.difference(
      "a.json", "{\"\(key)\":[" + String(repeating: "1,", count: 20_000) + "1]}",
      "{\"\(key)\":[" + String(repeating: "2,", count: 20_000) + "1]}")
    let part = try #require(difference.parts.first)
    #expect(part.differing == 20_000)
    #expect(part.first.place.description.utf8.count == 200)
  }

  @Test func nestingUpToTheBoundIsRead() throws {
    let (open, close) = (String(repeating: "[", count: 256), String(repeating: "]", count: 256))
    let difference = try Self.difference("a.json", open + "1" + close, open + "2" + close)
    #expect(difference.form == .json)
  }

  // MARK: CSV

  @Test func csvIsComparedByCell() throws {
    let difference = try Self.difference(
      "a.csv", "\u{feff}step,\"a, b\",note\r\n1,0.50,\"x\"\"y\"\r\n2,1,z\r\n",
      "step,\"a, b\",note\n1,0.5,\"x\"\"y\"\n2,1.25,w\n3,1,v\n4,1,u\n")
    #expect(difference.form == .csv)
    #expect(difference.compared == 3)
    #expect(difference.parts.map(\.name) == ["a, b", "note"])
    let first = try #require(difference.parts.first?.first)
    #expect(first.place == .cell(record: 3, column: "a, b"))
    #expect([first.a, first.b] == ["1", "1.25"])
    #expect(first.distance == .number(0.25))
    #expect(difference.structure == [.onlyInB("records 4 to 5")])
  }

  @Test func aTableWithoutAHeaderHasNumbersForColumns() throws {
    let difference = try Self.difference("a.csv", "1,2\n3,4", "1,2\n3,5,6")
    #expect(difference.parts.first?.first.place == .cell(record: 2, column: "2"))
    #expect(difference.structure == [.unlike("record 2", a: "2 cells", b: "3 cells")])
  }

  @Test(arguments: ["a,\"b\n", "\"a\"b\n", "a\rb\n", String(repeating: ",", count: 20_000)])
  func whatIsNoCSVIsText(text: String) throws {
    let difference = try Self.difference("a.csv", text, "a,c\n")
    #expect(difference.form == .text)
    #expect(difference.fallback != nil)
  }

  // MARK: Text and bytes

  @Test func textIsComparedByItsFirstDifferingLine() throws {
    let difference = try Self.difference("log.txt", "one\ntwo\nthree é\n", "one\ntwo\nthree è\nx")
    #expect(difference.form == .text)
    let first = try #require(difference.parts.first?.first)
    #expect(first.place == .line(3))
    #expect([first.a, first.b] == ["three é", "three è"])
    #expect(difference.structure == [.unlike("size", a: "17 bytes", b: "18 bytes")])
    let shorter = try Self.difference("log.txt", "one\n", "one\ntwo\n")
    #expect(shorter.parts.first?.first.place == .line(2))
    #expect(shorter.parts.first?.first.a == "the file ends")
  }

  /// A pickle is not opened, whatever its name.
  @Test(arguments: ["model.pt", "model.pkl", "x.bin"])
  func anythingElseIsBytes(path: String) throws {
    let (a, b): ([UInt8], [UInt8]) = ([0x80, 4, 0x95, 0, 1, 2], [0x80, 4, 0x95, 0, 0xff, 2])
    let difference = try FileDifference(
      path: path, FileContent(a), FileContent(b), tolerance: nil)
    #expect(difference.form == .bytes)
    let first = try #require(difference.parts.first?.first)
    #expect(first.place == .byte(4))
    #expect([first.a, first.b] == ["0x01", "0xff"])
    let ended = try FileDifference(
      path: path, FileContent(Array(a.prefix(4))), FileContent(b), tolerance: nil)
    #expect(ended.parts.first?.first.a == "the file ends")
  }

  /// The file is larger than what is read at once; the difference lies in the third piece.
  @Test func largeFilesAreReadPieceByPiece() throws {
    let size = (2 << 20) + 1000
    let content = { (last: UInt8) in
      FileContent(size: size) { range in
        range.map { $0 == size - 3 ? last : UInt8(truncatingIfNeeded: $0 / 64) & 0x7f | 0x20 }
      }
    }
    let difference = try FileDifference(
      path: "x.dat", content(0), content(200), tolerance: nil)
    #expect(difference.parts.first?.first.place == .byte(size - 3))
    #expect(difference.structure.isEmpty)
  }

  /// Bytes of sound files are changed; each comparison ends.
  @Test func mutatedFilesAreCompared() throws {
    var random = SplitMix64(state: 9)
    let header =
      #"{"__metadata__":{"k":"v"},"p":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"#
      + #""q":{"dtype":"BF16","shape":[2],"data_offsets":[8,12]}}"#
    let tensors =
      [UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + (0..<12).map { $0 }
    let sound: [(String, [UInt8])] = [
      ("a.safetensors", tensors),
      ("a.json", Array(#"{"a":[1,-2.5e3,"\u00e9x",null,true,{"b":{}}],"c":NaN}"#.utf8)),
      ("a.csv", Array("step,\"a\"\"b\",c\r\n1,2.5,x\r\n2,,\"y\nz\"\r\n".utf8)),
      ("a.txt", Array("one\ntwo é\nthree".utf8)),
    ]
    let tolerance = try #require(Tolerance(relative: 0.5))
    var differing = 0
    for (path, bytes) in sound {
      for _ in 0..<500 {
        var other = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let place = Int.random(in: 0..<other.count, using: &random)
          switch Int.random(in: 0..<3, using: &random) {
          case 0: other[place] = UInt8.random(in: 0...255, using: &random)
          case 1: other.remove(at: place)
          default: other.insert(bytes[place % bytes.count], at: place)
          }
        }
        let difference = try FileDifference(
          path: path, FileContent(bytes), FileContent(other), tolerance: tolerance)
        if other == bytes { #expect(difference.hasSameValues) }
        if !difference.hasSameValues { differing += 1 }
        #expect(try CanonicalJSON(canonical: difference.json.utf8) == difference.json)
      }
    }
    #expect(differing > 1500)
  }
}
