import Testing

/// `regrok numerics` as other programs call it: raw words in and out, shown here in hexadecimal.
@Suite struct NumericsCommandTests {
  /// Runs `numerics` on these words, and returns the words that it prints.
  private func numerics(_ arguments: String, _ input: [UInt32] = []) throws -> [String] {
    let folder = TemporaryFolder()
    let octal = input.flatMap { word in
      [0, 8, 16, 24].map { "\\0" + String(word >> $0 & 0xff, radix: 8) }
    }
    let answer = try Program.shell(
      "printf %b '\(octal.joined())' | \"$R\" numerics \(arguments) > out && od -An -v -tx4 out",
      in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    return answer.output.split { $0.isWhitespace }.map(String.init)
  }

  private func bits(_ values: Float...) -> [UInt32] { values.map(\.bitPattern) }

  /// From tables: e, ln 2, erf 1 and 1/√2, and the values that SPEC.md 1.5 lists.
  @Test(
    arguments: [
      ("exp", [0x3f80_0000, 0x8000_0000, 0x42b1_7218], ["402df854", "3f800000", "7f800000"]),
      ("log", [0x4000_0000, 0x3f80_0000, 0x8000_0000], ["3f317218", "00000000", "ff800000"]),
      ("erf", [0x3f80_0000, 0x8000_0000, 0xff80_0000], ["3f57bb3d", "80000000", "bf800000"]),
      ("cospi", [0x3e80_0000, 0x3f00_0000, 0x4b80_0000], ["3f3504f3", "00000000", "3f800000"]),
      ("gelu", [0, 0x41a0_0000], ["00000000", "41a00000"]),
      ("gelu-derivative", [0, 0x41a0_0000], ["3f000000", "3f800000"]),
    ] as [(String, [UInt32], [String])])
  func functionsOfOneNumber(name: String, arguments: [UInt32], results: [String]) throws {
    #expect(try numerics(name, arguments) == results)
  }

  /// The known answers of Random123.
  @Test func philox() throws {
    let found = try numerics(
      "philox",
      [UInt32](repeating: 0, count: 6) + [UInt32](repeating: .max, count: 6)
        + [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344, 0xa409_3822, 0x299f_31d0])
    #expect(
      found == [
        "6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8", "408f276d", "41c83b0e", "a20bc7c6",
        "6d5451fd", "d16cfe09", "94fdcceb", "5001e420", "24126ea1",
      ])
  }

  @Test func rows() throws {
    #expect(
      try numerics("rowsum --columns 3", bits(1, 2, 3, -1, 0.5, 0.5)) == ["40c00000", "00000000"])
    #expect(
      try numerics("softmax --columns 4", bits(7, 7, 7, 7))
        == [String](repeating: "3e800000", count: 4))
    // A row of equal numbers equals its mean, so only the biases remain.
    let row = [Float](repeating: 3, count: 16)
    let found = try numerics(
      "layernorm --columns 16", (row + row.map { -$0 } + row).map(\.bitPattern))
    #expect(found == [String](repeating: "c0400000", count: 16))
  }

  /// (1 2; 3 4) · (5; 6), and a product that would be 0 if it were rounded twice.
  @Test func products() throws {
    #expect(
      try numerics("mm --m 2 --n 1 --k 2", bits(1, 2, 3, 4, 5, 6)) == ["41880000", "421c0000"])
    let near = Float(1).nextUp
    #expect(
      try numerics("mm --m 1 --n 1 --k 2", bits(-1, near, near * near, near))
        == [String((-(near * near)).addingProduct(near, near).bitPattern, radix: 16)])
  }

  @Test func streams() throws {
    let uniform = try numerics("uniform --seed 0 --purpose 1 --index 0 --count 5")
    #expect(uniform.count == 5)
    #expect(
      try numerics("uniform --seed 0 --purpose 1 --index 0 --count 3") == Array(uniform.prefix(3)))
    #expect(try numerics("uniform --seed 0 --purpose 1 --index 1 --count 5") != uniform)
    #expect(try numerics("normal --seed 18446744073709551615 --purpose 4 --count 3").count == 3)
  }

  /// Streams are made piece by piece, so any count works; products and whole inputs have a bound.
  @Test(arguments: [
    ("uniform --count 4000000000 | head -c 400000 | wc -c", 0, "400000\n", ""),
    (
      "exp < zeros > /dev/null; trap '' PIPE; \"$R\" numerics uniform --count 4000000000 "
        + "| head -c 4000 | wc -c", 0, "4000\n", ""
    ),
    ("normal --count 65537 | wc -c", 0, "262148\n", ""),
    ("exp < .", 74, "", "cannot read standard input: Is a directory"),
    ("exp <&-", 74, "", "cannot read standard input: Bad file descriptor"),
    (
      "mm --m 20000 --n 20000 --k 1 < zeros", 64, "",
      "a product has at most 268435456 numbers, not 20000x20000; see regrok help numerics"
    ),
  ])
  func nothingIsTooMuch(arguments: String, status: Int32, output: String, error: String) throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      "head -c 160000 /dev/zero > zeros; \"$R\" numerics \(arguments)", in: folder.path)
    #expect(answer.status == status)
    #expect(answer.output == output)
    #expect(answer.error == (error.isEmpty ? "" : "regrok: \(error)\n"))
  }

  @Test func rawNumbersDoNotGoToATerminal() throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      "export R; script -qec '\"$R\" numerics uniform --count 1; echo $?' /dev/null",
      in: folder.path)
    #expect(answer.output.contains("not for a terminal") && answer.output.contains("64"))
  }

  @Test func nothingInNothingOut() throws {
    for arguments in ["exp", "philox", "rowsum --columns 3", "softmax --columns 3"] {
      #expect(try numerics(arguments) == [], "\(arguments)")
    }
  }

  @Test(
    arguments: [
      ("", "sine", "The value 'sine' is invalid for '<function>'"),
      ("abc", "exp", "standard input ends inside a number; each takes 4 bytes"),
      ("abcdefg", "rowsum --columns 1", "standard input ends inside a number; each takes 4 bytes"),
      ("", "rowsum", "rowsum needs --columns"),
      ("", "softmax --columns 0", "--columns 0: it must be above 0"),
      ("abcdefgh", "softmax --columns 3", "standard input has 2 numbers, not rows of 3"),
      ("", "layernorm --columns 8", "--columns 8: layernorm takes multiples of 16"),
      ("abcd", "layernorm --columns 16", "standard input has 1 number, not rows of 16"),
      ("", "mm --m 1 --n 1", "mm needs --k"),
      ("abcd", "mm --m 1 --n 1 --k 1", "standard input has 1 number, not 1x1 + 1x1"),
      (
        "", "mm --m 4611686018427387904 --n 4 --k 4",
        "standard input has 0 numbers, not 4611686018427387904x4 + 4x4"
      ),
      ("abcd", "philox", "standard input has 1 word, not blocks of six"),
      (
        "", "layernorm --columns 9223372036854775792",
        "standard input has 0 numbers, not rows of 9223372036854775792"
      ),
      ("", "uniform", "uniform needs --count"),
      ("", "normal --count 1 --purpose 7", "--purpose 7: purposes are 1 to 6"),
      ("abcd", "exp --columns 2", "exp takes no --columns; see regrok help numerics\n"),
      ("", "philox --count 3", "philox takes no --count; see regrok help numerics\n"),
      ("", "rowsum --columns 3 --k 2", "rowsum takes no --k; see regrok help numerics\n"),
      ("", "mm --m 1 --n 1 --k 1 --seed 0", "mm takes no --seed; see regrok help numerics\n"),
      ("", "uniform --count 1 --columns 1", "uniform takes no --columns; see regrok help"),
    ])
  func mistakesAreToldInOneLine(input: String, arguments: String, error: String) throws {
    let folder = TemporaryFolder()
    let answer = try Program.shell(
      "printf '\(input)' | \"$R\" numerics \(arguments)", in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.output == "")
    #expect(answer.error.hasPrefix("regrok: " + error), "\(answer.error)")
    #expect(answer.error.filter { $0 == "\n" }.count == 1)
  }
}
