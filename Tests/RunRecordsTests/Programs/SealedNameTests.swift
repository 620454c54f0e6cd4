import RunRecords
import Testing

@Suite struct SealedNameTests {
  @Test(arguments: [
    "train.py", "src/model.py", ".python-version", ".hydra/config.yaml", "a b/c", "a..b", "git",
    ".gitignore", "x/.github/y", "#~!@$&()[]{};',+=`^-_", "NUL",
    String(repeating: "a", count: 100),
    String(repeating: "a", count: 110) + "/"
      + String(repeating: "b", count: 100),
  ])
  func usualNamesCanBeSealed(name: String) {
    #expect(SealedName.fault(in: name) == nil)
  }

  @Test(arguments: [
    "", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", ".git", ".GIT/config", "a/.git", "a.",
    "a /b", " a", "a/ b", "a\\b", "a:b", "a*", "a?", "a\"", "<a", ">a", "a|b", "a%20", "é",
    "a\u{7f}",
    "a\nb", "a\0b", "a./b", String(repeating: "a", count: 101),
    String(repeating: "a", count: 112) + "/b",
    String(repeating: "a/", count: 130) + "b",
  ])
  func theseNamesCannot(name: String) {
    #expect(SealedName.fault(in: name) != nil)
  }

  @Test func faultsAreClauses() {
    #expect(SealedName.fault(in: "a:b") == "it has the character :")
    #expect(SealedName.fault(in: "../a") == "a part of it is ..")
  }

  @Test func pathsThatAreOneOnOtherSystemsAreFound() {
    func pairs(_ paths: [String]) -> [[String]] {
      SealedName.foldedDuplicates(paths).map { [$0.0, $0.1].sorted() }
    }
    #expect(pairs(["a", "b", "a.txt", "a-b", "a!"]) == [])
    #expect(pairs(["Readme", "b", "README"]) == [["README", "Readme"]])
    #expect(pairs(["a/b", "A"]) == [["A", "a/b"]])
    #expect(pairs(["a/b", "a!", "a", "a-c"]) == [["a", "a/b"]])
    #expect(pairs(["a/b", "a/c", "ab"]) == [])
    #expect(pairs(["a/b", "a/c", "a!", "A"]) == [["A", "a/b"], ["A", "a/c"]])
    #expect(pairs(["b", "Ab", "aB", "AB"]) == [["Ab", "aB"], ["AB", "Ab"]])
  }
}
