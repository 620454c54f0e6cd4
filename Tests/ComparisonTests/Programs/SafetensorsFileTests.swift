import Comparison
import RunRecords
import Testing

/// Files laid out as the safetensors page describes, written with numpy 2.4, and headers that must
/// not be trusted.
@Suite struct SafetensorsFileTests {
  /// 368 bytes: json.dumps's output, padded.
  private static let header =
    #"{"__metadata__":{"format":"np"},"d":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"#
    + #""f":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]},"#
    + #""h":{"dtype":"F16","shape":[2],"data_offsets":[32,36]},"#
    + #""i":{"dtype":"I64","shape":[1],"data_offsets":[36,44]},"#
    + #""u":{"dtype":"U8","shape":[3],"data_offsets":[44,47]},"#
    + #""b":{"dtype":"BOOL","shape":[2],"data_offsets":[47,49]}}     "#

  private static func bytes(hex: String) -> [UInt8] {
    let digits = Array(hex.utf8)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
    }
  }

  static func file(header: String, data: [UInt8]) -> FileContent {
    let text = Array(header.utf8)
    return FileContent(
      (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text + data)
  }

  /// [1, 0.1], [[1, 2], [3, −0]], [1/3, 65504], [2^62], [1, 2, 255], [true, false].
  private static let a = file(
    header: header,
    data: bytes(
      hex: "000000000000f03f9a9999999999b93f0000803f00000040000040400000008055"
        + "35ff7b00000000000000400102ff0100"))
  /// The same with some values replaced: 0.1 and 3 by the next values above, −0 by 0, 1/3 by the
  /// next value below, then infinity, 2^62 + 3, 0 and true.
  private static let b = file(
    header: header,
    data: bytes(
      hex: "000000000000f03f9b9999999999b93f0000803f00000040010040400000000054"
        + "35007c03000000000000400102000101"))

  @Test func everyTensorIsComparedInItsOwnType() throws {
    let difference = try FileDifference(path: "m.safetensors", Self.a, Self.b, tolerance: nil)
    #expect(difference.form == .safetensors)
    #expect(difference.compared == 6)
    #expect(difference.structure.isEmpty)
    #expect(difference.parts.map(\.name) == ["d", "f", "h", "i", "u", "b"])
    #expect(difference.parts.map(\.differing) == [1, 2, 2, 1, 1, 1])
    #expect(difference.parts.map(\.count) == [2, 4, 2, 1, 3, 2])
    #expect(difference.parts.map(\.first.ulps) == [1, 1, 1, 3, 255, 1])
    #expect(
      difference.parts.map(\.first.distance) == [
        .number(1.3877787807814457e-17), .number(2.384185791015625e-07), .number(0.000244140625),
        .number(3), .number(255), .number(1),
      ])
    #expect(
      difference.parts.map { "\($0.first.place)" } == [
        "d[1]", "f[1, 0]", "h[0]", "i[0]", "u[2]", "b[1]",
      ])
    let h = try #require(difference.parts.dropFirst(2).first)
    #expect(h.first.a == "0.333251953125")
    #expect(h.largest.b == "inf")
    #expect(h.largest.distance == .infinite)
    #expect(!difference.isCovered)
    #expect(difference.beyond?.place == .element(tensor: "d", index: [1]))
  }

  @Test func aToleranceCoversNumbersOnly() throws {
    let tolerance = try #require(Tolerance(absolute: 255))
    let difference = try FileDifference(
      path: "m.safetensors", Self.a, Self.b, tolerance: tolerance)
    // The infinity is beyond any tolerance.
    #expect(difference.beyond?.place == .element(tensor: "h", index: [1]))
    #expect(!difference.isCovered)
  }

  /// The same two tensors, with other orders in the header and in the data.
  @Test func theOrderOfTensorsIsNoDifferenceOfValues() throws {
    let a = Self.file(
      header: #"{"p":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""q":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, data: [1, 2, 3, 4])
    let b = Self.file(
      header: #"{ "q": {"data_offsets":[0,2],"shape":[2],"dtype":"U8"}, "#
        + #""\u0070":{"shape":[2],"dtype":"U8","data_offsets":[2,4]} }"#, data: [3, 4, 1, 2])
    let difference = try FileDifference(path: "m.safetensors", a, b, tolerance: nil)
    #expect(difference.hasSameValues)
    #expect(difference.compared == 2)
    #expect(difference.isCovered)
  }

  @Test func whatOneHasAloneIsNamed() throws {
    let a = Self.file(
      header: #"{"p":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""q":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}"#, data: [1, 2, 3, 4])
    let b = Self.file(
      header: #"{"p":{"dtype":"I8","shape":[1,2],"data_offsets":[0,2]},"#
        + #""r":{"dtype":"U8","shape":[0],"data_offsets":[2,2]},"__metadata__":{"k":"v"}}"#,
      data: [1, 2])
    let difference = try FileDifference(path: "m.safetensors", a, b, tolerance: nil)
    #expect(
      difference.structure == [
        .unlike("tensor p", a: "U8 [2]", b: "I8 [1, 2]"), .onlyInA("tensor q"),
        .onlyInB("tensor r"), .unlike("metadata k", a: "none", b: "v"),
      ])
    #expect(!difference.isCovered)
  }

  private static let good = #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#

  /// None of these is a safetensors file, so the bytes are compared.
  @Test(arguments: [
    ("[]", "its header is not a JSON object"), ("{", "its header is not a JSON object"),
    ("", "its header is not a JSON object"),
    (String(repeating: "[", count: 100_000), "its header is not a JSON object"),
    (String(repeating: #"{"a":"#, count: 100_000), "its header is not a JSON object"),
    (#"{"a":1}"#, "tensor a is not described by dtype, shape and data_offsets"),
    (#"{"__metadata__":{"a":1}}"#, "its __metadata__ has values that are not texts"),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""a":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}"#,
      "its header is not a JSON object"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}}"#,
      "tensor a has offsets outside the file"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}"#,
      "tensor a has offsets outside the file"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[-1,1]}}"#,
      "tensor a has offsets outside the file"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,99999999999999999999]}}"#,
      "tensor a has offsets outside the file"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,1.5]}}"#,
      "tensor a has offsets outside the file"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
      "it has bytes behind its last tensor"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      "the values of a lie behind a gap"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"#
        + #""b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
      "the values of b overlap others"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}}"#,
      "tensor a takes 2 bytes, its shape asks for 24 bits"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}"#,
      "tensor a has an impossible shape"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,2]}}"#,
      "tensor a has a shape too large to count"
    ),
    (
      #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#,
      "tensor a takes 2 bytes, its shape asks for 12 bits"
    ),
    (
      #"{"a":{"dtype":"Q2","shape":[2],"data_offsets":[0,2]}}"#,
      "tensor a is of the unknown type Q2"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":0}}"#,
      "tensor a is not described by dtype, shape and data_offsets"
    ),
  ])
  func headersAreNotBelieved(header: String, reason: String) throws {
    let sound = Self.file(header: Self.good, data: [1, 2])
    let other = Self.file(header: header, data: [1, 2])
    let difference = try FileDifference(path: "m.safetensors", other, sound, tolerance: nil)
    #expect(difference.fallback == "one of the two is no safetensors file: " + reason)
    #expect(difference.form == .bytes || difference.form == .text)
  }

  @Test func lengthsAreNotBelieved() throws {
    let sound = Self.file(header: Self.good, data: [1, 2])
    for (bytes, reason) in [
      ([1, 2], "it is shorter than 8 bytes"),
      ([255, 255, 255, 255, 255, 255, 255, 255], "its header is longer than 16777216 bytes"),
      ([1, 0, 0, 1, 0, 0, 0, 0], "its header is longer than 16777216 bytes"),
      ([9, 0, 0, 0, 0, 0, 0, 0], "its header ends after the file"),
    ] as [([UInt8], String)] {
      let difference = try FileDifference(
        path: "M.SAFETENSORS", FileContent(bytes), sound, tolerance: nil)
      #expect(difference.fallback == "one of the two is no safetensors file: " + reason)
    }
  }

  @Test func smallFloatsHaveTheValuesOfTheirStandards() throws {
    // bfloat16 is the upper half of binary32. E4M3 and E5M2 are from OCP 8-bit floating point 1.0,
    // tables 1 and 2; E8M0 is from the OCP microscaling formats, §5.4.1.
    let cases: [(String, [UInt8], [UInt8], String, String)] = [
      ("BF16", [0x80, 0x3f], [0x81, 0x3f], "1.0", "1.0078125"),
      ("F8_E4M3", [0x7e], [0x7f], "448.0", "nan"),
      ("F8_E4M3", [0x01], [0x81], "0.001953125", "-0.001953125"),
      ("F8_E4M3", [0x08], [0x07], "0.015625", "0.013671875"),
      ("F8_E5M2", [0x7b], [0x7c], "57344.0", "inf"),
      ("F8_E5M2", [0x01], [0xfc], "1.52587890625e-05", "-inf"),
      ("F8_E8M0", [0x7f], [0x80], "1.0", "2.0"),
      ("F8_E8M0", [0x00], [0xff], "5.877471754111438e-39", "nan"),
      ("F16", [0x01, 0x00], [0x00, 0x04], "5.960464477539063e-08", "6.103515625e-05"),
      ("I8", [0x80], [0x7f], "-128", "127"), ("U16", [0xff, 0xff], [0, 0], "65535", "0"),
      (
        "U64", [255, 255, 255, 255, 255, 255, 255, 255], [0, 0, 0, 0, 0, 0, 0, 0],
        "18446744073709551615", "0"
      ),
      ("I32", [0xfe, 0xff, 0xff, 0xff], [1, 0, 0, 0], "-2", "1"),
    ]
    for (type, x, y, a, b) in cases {
      let header =
        #"{"t":{"dtype":"\#(type)","shape":[1],"data_offsets":[0,\#(x.count)]}}"#
      let difference = try FileDifference(
        path: "m.safetensors", Self.file(header: header, data: x),
        Self.file(header: header, data: y), tolerance: nil)
      let item = try #require(difference.parts.first?.first, "\(type) \(x)")
      #expect(item.a == a, "\(type) \(x)")
      #expect(item.b == b, "\(type) \(y)")
    }
  }

  @Test func ulpsFollowTheTotalOrder() throws {
    let header = #"{"t":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#
    func ulps(_ a: UInt16, _ b: UInt16) throws -> UInt64? {
      func file(_ bits: UInt16) -> FileContent {
        Self.file(header: header, data: [UInt8(bits & 255), UInt8(bits >> 8)])
      }
      return try FileDifference(
        path: "m.safetensors", file(a), file(b), tolerance: nil
      ).parts.first?.first.ulps
    }
    #expect(try ulps(0x0000, 0x8000) == 1)
    #expect(try ulps(0x3c00, 0x3c05) == 5)
    #expect(try ulps(0x8001, 0x0001) == 3)
    #expect(try ulps(0xffff, 0x7fff) == 65535)
  }

  @Test func complexValuesAndHalvesOfBytesAreCompared() throws {
    let complex = #"{"t":{"dtype":"C64","shape":[1,2],"data_offsets":[0,16]}}"#
    var data = [UInt8](repeating: 0, count: 16)
    let a = Self.file(header: complex, data: data)
    data[15] = 0x3f
    data[14] = 0x80
    let difference = try FileDifference(
      path: "m.safetensors", a, Self.file(header: complex, data: data), tolerance: nil)
    // The imaginary part of the second value.
    #expect(difference.parts.first?.first.place == .element(tensor: "t", index: [0, 1, 1]))
    #expect(difference.parts.first?.first.b == "1.0")
    let small = #"{"t":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}"#
    let bytes = try FileDifference(
      path: "m.safetensors", Self.file(header: small, data: [1, 2]),
      Self.file(header: small, data: [1, 3]), tolerance: nil)
    #expect(bytes.parts.first?.first.place == .element(tensor: "t", index: [1]))
  }
}
