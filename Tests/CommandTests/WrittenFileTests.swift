import Foundation
import Testing

/// Where commands write their pages: never over a file that they did not write.
@Suite struct WrittenFileTests {
  private let folder = TemporaryFolder()

  /// Runs a script that may use `report`, `claims` and `diff`, which write to `x.html`.
  private func ask(_ script: String) throws -> Program.Answer {
    let commands = """
      D='\(SealedRuns.shared.path)'
      report() { "$R" report $D/a -o x.html "$@"; }
      claims() { "$R" claims $D -o x.html "$@"; }
      diff() { "$R" diff $D/a $D/a.tar.zst --html x.html "$@"; }
      """
    return try Program.shell(commands + "\n" + script, in: folder.path)
  }

  @Test(arguments: ["report", "claims", "diff"])
  func anotherFileStaysUnlessItIsForced(command: String) throws {
    folder.put("thesis", "x.html")
    let answer = try ask(command)
    #expect(answer.status == 74)
    #expect(
      answer.error.hasSuffix(
        "regrok: x.html: cannot be written: it exists and is not an older report of this "
          + "kind; --force replaces it\n"))
    #expect(folder.content("x.html") == Data("thesis".utf8))
    #expect(try ask(command + " --force").status == 0)
    // Now the file is one that regrok wrote.
    for other in ["report", "claims", "diff"] { #expect(try ask(other).status == 0) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.html"])
  }

  @Test(arguments: [
    ("echo thesis > t; ln -s t x.html", "it is a symbolic link, which is not replaced"),
    ("mkfifo x.html", "it is not a regular file"), ("mkdir x.html", "it is a directory"),
  ])
  func whatIsNoFileIsNotReplacedEvenByForce(before: String, reason: String) throws {
    let answer = try ask(
      "\(before); ls -Al > ../before.$$; report --force; s=$?; "
        + "ls -Al | cmp - ../before.$$; rm ../before.$$; exit $s"
    )
    #expect(answer.status == 74)
    #expect(answer.error == "regrok: x.html: cannot be written: \(reason)\n")
  }

  @Test func anEmptyFileIsReplacedAndAReadOnlyOneIsNot() throws {
    folder.put("", "x.html")
    #expect(try ask("report").status == 0)
    let answer = try ask("chmod 444 x.html; report")
    #expect(answer.status == 74)
    #expect(answer.error.contains("read-only"))
    #expect(try ask("report --force").status == 0)
  }

  /// A process that was killed leaves its half-written file, which the next one takes over.
  @Test func nothingHalfWrittenStays() throws {
    #expect(try ask("echo half > .x.html.partial; report").status == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.html"])
    let page = folder.content("x.html")
    let limited = try ask("ulimit -f 8; report")
    #expect(limited.status == 74)
    #expect(limited.error == "regrok: x.html: cannot be written: File too large\n")
    #expect(folder.content("x.html") == page)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x.html"])
  }

  @Test func aTildeIsACharacterAndErrorsAreTheSystems() throws {
    let answer = try ask("mkdir '~'; HOME=$PWD \"$R\" report $D/a -o '~/y.html' && ls '~'")
    #expect(answer.status == 0)
    #expect(answer.output.hasSuffix("y.html\n"))
    let absent = try ask("\"$R\" report $D/a -o absent/y.html")
    #expect(
      absent.error == "regrok: absent/y.html: cannot be written: No such file or directory\n")
  }
}
