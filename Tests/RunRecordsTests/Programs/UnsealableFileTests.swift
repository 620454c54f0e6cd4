import RunRecords
import Testing

@Suite struct UnsealableFileTests {
  private static func found(_ files: [(path: String, size: Int)]) -> [String] {
    UnsealableFile.find(among: files).map { "\($0)" }
  }

  @Test func usualResultsCanBeSealed() {
    #expect(Self.found([]) == [])
    #expect(
      Self.found([("results/out/a", 0), ("results/out/a.txt", 1), ("results/work/a", 2)]) == [])
  }

  /// Eleven octal digits state at most 2^33 − 1.
  @Test func theLargestSizeIsThatOfElevenOctalDigits() {
    #expect(UnsealableFile.largestSize == Int("77777777777", radix: 8))
    let files = [("results/out/a", 1 << 33 - 1), ("results/out/b", 1 << 33)]
    #expect(
      Self.found(files.map { (path: $0.0, size: $0.1) }) == [
        "results/out/b: it has 8 GiB or more"
      ])
  }

  @Test func namesComeFirstThenWhatCannotLieBesideAnother() {
    let files = ["a", "A", "é", "b/c", "b", "b/d", "x:y"].map {
      (path: "results/out/" + $0, size: 1)
    }
    #expect(
      Self.found(files) == [
        "results/out/é: it is not printable ASCII alone",
        "results/out/x:y: it has the character :",
        "results/out/A: it cannot lie beside results/out/a",
        "results/out/b/c: it cannot lie beside results/out/b",
        "results/out/b/d: it cannot lie beside results/out/b",
      ])
  }

  /// A mark that joins the slash before it is part of the name.
  @Test func aNameMayBeginWithAMark() {
    #expect(
      Self.found([("results/\u{301}a", 1)]) == [
        "results/\u{301}a: it is not printable ASCII alone"
      ])
  }

  @Test(arguments: [
    ("results/work/é.txt", "results/work/??.txt"), ("results/work/a\nb", "results/work/a?b"),
    ("results/work/%FF%FE", "results/work/%FF%FE"), ("results/out/*?", "results/out/*?"),
    ("results/out/a b\\c", "results/out/a b\\c"), ("results/out/日/本", "results/out/???/???"),
  ])
  func itsPatternMatchesIt(path: String, expected: String) throws {
    let pattern = UnsealableFile(path: path, reason: "").pattern
    #expect(pattern == expected)
    #expect(try #require(PathPattern(pattern)).matches(path))
  }

  @Test(arguments: [119, 120, 121, 400])
  func aLongPathHasAPatternToo(length: Int) throws {
    for filling in ["é", "a/", "x"] {
      var path = "results/out/"
      while path.utf8.count < length { path += filling }
      let pattern = try #require(PathPattern(UnsealableFile(path: path, reason: "").pattern))
      #expect(pattern.matches(path), "\(path)")
    }
  }
}
