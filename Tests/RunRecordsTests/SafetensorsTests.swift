import RunRecords
import Testing

@Suite struct SafetensorsTests {
  private static let checkpoint = Checkpoint(
    step: 200,
    parameters: [
      NamedTensor(name: "head.weight", shape: [2, 3], values: [1, -0.0, .pi, .infinity, 5, 6]),
      NamedTensor(name: "bias", shape: [1], values: [Float(bitPattern: 0x7fc1_2345)]),
    ],
    optimizer: [
      NamedTensor(name: "optimizer.exp_avg.head.weight", shape: [6], values: [1, 2, 3, 4, 5, 6])
    ])
  private static let file = Safetensors.encode(checkpoint, runID: "0123456789abcdef", numerics: 1)

  /// A file with this header text, padded if `padded`, and `size` bytes of data.
  private static func file(header: String, size: Int, padded: Bool = true) -> [UInt8] {
    var text = Array(header.utf8)
    while padded && text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
    return length + text + Array(repeating: 0, count: size)
  }

  private static let metadata =
    #""__metadata__":{"format":"pt","regrok.format":"1","regrok.numerics":"1","#
    + #""regrok.run":"ab","regrok.step":"3"}"#

  /// The entry of a tensor in a header.
  private static func tensor(
    _ name: String, _ offsets: [Int], _ shape: String, type: String = #""F32""#
  ) -> String {
    "\"\(name)\":{\"data_offsets\":[\(offsets[0]),\(offsets[1])],"
      + "\"dtype\":\(type),\"shape\":[\(shape)]}"
  }

  private func reason(_ bytes: [UInt8], runID: String? = nil, numerics: Int? = nil) -> String? {
    do throws(RecordError) {
      _ = try Safetensors.decode(bytes, runID: runID, numerics: numerics)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func aFileHoldsExactlyTheseBytes() {
    let header =
      #"{"__metadata__":{"format":"pt","regrok.format":"1","regrok.numerics":"1","#
      + #""regrok.run":"0123456789abcdef","regrok.step":"7"},"#
      + #""w":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}}"#
    let checkpoint = Checkpoint(
      step: 7, parameters: [NamedTensor(name: "w", shape: [2], values: [1, -2])], optimizer: [])
    var expected = Self.file(header: header, size: 0)
    expected += [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]
    #expect(
      Safetensors.encode(checkpoint, runID: "0123456789abcdef", numerics: 1) == expected)
  }

  @Test func everyBitAndTheOrderSurvive() throws {
    let read = try Safetensors.decode(Self.file, runID: "0123456789abcdef", numerics: 1)
    #expect(read.step == 200)
    #expect(read.parameters.map(\.name) == ["head.weight", "bias"])
    #expect(read.optimizer.map(\.name) == ["optimizer.exp_avg.head.weight"])
    #expect(read.parameters.map(\.shape) == [[2, 3], [1]])
    let bits = (read.parameters + read.optimizer).map { $0.values.map(\.bitPattern) }
    let before = Self.checkpoint.parameters + Self.checkpoint.optimizer
    #expect(bits == before.map { $0.values.map(\.bitPattern) })
    #expect(read.hashes == Self.checkpoint.hashes)
    #expect(Safetensors.encode(read, runID: "0123456789abcdef", numerics: 1) == Self.file)
  }

  @Test func hashesAreThoseOfTheDecodedCheckpoint() throws {
    let slice = ([1, 2, 3] + Self.file + [4]).dropFirst(3).dropLast()
    #expect(try Safetensors.hashes(of: slice, runID: nil, numerics: 1) == Self.checkpoint.hashes)
    let sgd = Checkpoint(step: 3, parameters: Self.checkpoint.parameters, optimizer: [])
    let bytes = Safetensors.encode(sgd, runID: "0123456789abcdef", numerics: 1)
    #expect(try Safetensors.hashes(of: bytes[...]) == sgd.hashes)
    #expect(throws: RecordError.self) { try Safetensors.hashes(of: bytes.dropLast()) }
    #expect(throws: RecordError.self) { try Safetensors.hashes(of: bytes[...], runID: "ab") }
  }

  @Test func everyTruncationAndEveryAddedByteIsRefused() {
    for length in 0..<Self.file.count {
      #expect(reason(Array(Self.file.prefix(length))) != nil, "cut at \(length)")
    }
    #expect(reason(Self.file + [0]) != nil)
  }

  @Test func everyFlippedBitOfTheHeaderChangesWhatIsReadOrIsRefused() throws {
    let read = try Safetensors.decode(Self.file, runID: "0123456789abcdef", numerics: 1)
    let headerEnd = 8 + Int(Self.file[0]) + Int(Self.file[1]) << 8
    for index in 0..<headerEnd {
      for bit in 0..<8 {
        var file = Self.file
        file[index] ^= 1 << bit
        let found = try? Safetensors.decode(file, runID: "0123456789abcdef", numerics: 1)
        #expect(
          found?.parameters != read.parameters || found?.optimizer != read.optimizer
            || found?.step != read.step)
      }
    }
  }

  @Test func anotherRunAndOtherNumericsAreNamed() {
    #expect(reason(Self.file, runID: "ab") == "it belongs to the run 0123456789abcdef")
    #expect(reason(Self.file, numerics: 2) == "it is of numerics 1")
  }

  @Test(
    arguments: [
      // Headers of sound files, to show that the others are refused only for their own reason.
      ("{M," + tensor("w", [0, 8], "2") + "}", 8, nil),
      ("{M," + tensor("w", [0, 4], "") + "}", 4, nil),
      ("{M}", 0, nil),
      ("{" + tensor("w", [0, 8], "2") + "}", 8, "__metadata__"),
      ("{M," + tensor("w", [0, 8], "1", type: #""F64""#) + "}", 8, "F32"),
      ("{M," + tensor("w", [0, 4], "2", type: #""BF16""#) + "}", 4, "F32"),
      ("{M," + tensor("w", [0, 8], "2", type: #""F32","extra":1"#) + "}", 8, "F32"),
      ("{M," + tensor("w", [4, 12], "2") + "}", 12, "does not start"),
      ("{M," + tensor("w", [0, 16], "2") + "}", 16, "its shape asks for 8"),
      ("{M," + tensor("w", [0, 16], "4") + "}", 8, "after the file"),
      ("{M," + tensor("w", [8, 0], "2") + "}", 8, "not described"),
      (#"{M,"w":{"data_offsets":[0],"dtype":"F32","shape":[2]}}"#, 8, "not described"),
      (#"{M,"w":{"data_offsets":[0,8,8],"dtype":"F32","shape":[2]}}"#, 8, "not described"),
      ("{M," + tensor("w", [-8, 0], "2") + "}", 8, "not described"),
      ("{M," + tensor("w", [0, 0], "0") + "}", 0, "not described"),
      ("{M," + tensor("w", [0, 8], "-2") + "}", 8, "impossible shape"),
      ("{M," + tensor("w", [0, 8], "2.5") + "}", 8, "impossible shape"),
      ("{M," + tensor("w", [0, 8], "4294967296,4294967296") + "}", 8, "too large"),
      ("{M," + tensor("w", [0, 8], "1,1,1,1,1,1,1,1,2") + "}", 8, "not described"),
      (
        "{M," + tensor("w", [0, 8], "2") + "," + tensor("x", [4, 12], "2") + "}", 12,
        "does not start"
      ),
      (
        "{M," + tensor("w", [0, 8], "2") + "," + tensor("x", [0, 8], "2") + "}", 8, "does not start"
      ),
      (
        "{M," + tensor("w", [0, 8], "2") + "," + tensor("x", [12, 20], "2") + "}", 20,
        "does not start"
      ),
      (
        "{M," + tensor("optimizer.w", [0, 8], "2") + "," + tensor("w", [8, 16], "2") + "}", 16,
        "after optimizer state"
      ),
      ("{M," + tensor("w", [0, 8], "2") + "," + tensor("w", [0, 8], "2") + "}", 8, "canonical"),
      ("{M, " + tensor("w", [0, 8], "2") + "}", 8, "canonical"),
      ("{" + tensor("w", [0, 8], "2") + ",M}", 8, "canonical"),
      ("{M," + tensor("w/x", [0, 8], "2") + "}", 8, "name"),
      ("{" + tensor("", [0, 8], "2") + ",M}", 8, "name"),
      ("[1]", 0, "object"), ("", 0, "JSON"),
    ] as [(String, Int, String?)])
  func aHeaderIsAcceptedOrRefusedForItsReason(header: String, size: Int, expected: String?) {
    let text = header.replacing("M", with: Self.metadata, maxReplacements: 1)
    let found = reason(Self.file(header: text, size: size))
    if let expected {
      #expect(found?.contains(expected) == true, "\(found ?? "accepted")")
    } else {
      #expect(found == nil)
    }
  }

  @Test(arguments: [
    ("\"3\"", "\"-3\""), ("\"3\"", "\"03\""), ("\"3\"", "\"+3\""), ("\"3\"", "3"),
    ("\"ab\"", "\"a b\""), ("\"ab\"", "\"\""), ("\"pt\"", "\"tf\""),
    ("\"regrok.format\":\"1\"", "\"regrok.format\":\"2\""),
    ("\"ab\",", "\"ab\",\"regrok.seed\":\"1\","),
  ])
  func metadataHaveOneForm(old: String, new: String) {
    #expect(Self.metadata.contains(old))
    let header = "{" + Self.metadata.replacing(old, with: new) + "}"
    #expect(reason(Self.file(header: header, size: 0))?.contains("__metadata__") == true)
  }

  @Test func thereAreAtMost4096Tensors() {
    func file(_ count: Int) -> [UInt8] {
      let tensors = (0..<count).map { Self.tensor("t\(10_000 + $0)", [4 * $0, 4 * $0 + 4], "1") }
      let header = "{" + ([Self.metadata] + tensors).joined(separator: ",") + "}"
      return Self.file(header: header, size: 4 * count)
    }
    #expect(reason(file(4096)) == nil)
    #expect(reason(file(4097)) == "it has more than 4096 tensors")
  }

  @Test func aDeeplyNestedHeaderIsRefused() {
    let header = String(repeating: "[", count: 10_000)
    #expect(reason(Self.file(header: header, size: 0))?.contains("JSON") == true)
  }

  @Test func headersOfOtherPaddingOrLengthAreRefused() {
    let header = "{" + Self.metadata + "}"
    #expect(reason(Self.file(header: header, size: 0)) == nil)
    #expect(reason(Self.file(header: header + "        ", size: 0))?.contains("padded") == true)
    #expect(reason(Self.file(header: header, size: 0, padded: false)) != nil)
    #expect(reason([0, 0, 0, 0, 0, 0, 0, 0x80]) == "its header is longer than 1048576 bytes")
    #expect(reason(Array(repeating: 0xff, count: 8)) == "its header is longer than 1048576 bytes")
    #expect(reason([8, 0, 0, 0, 0, 0, 0, 0, 0x7b]) == "its header ends after the file")
  }
}
