import RunRecords
import Testing

/// `regrok page`: what the page holds, and which bundles and templates are refused.
@Suite struct PageCommandTests {
  private let folder = TemporaryFolder()
  private let place = #"<script type="application/json" id="bundles">"#

  private func page(_ arguments: String) throws -> Program.Answer {
    try Program.shell(
      """
      cp \(SealedRuns.shared.path)/b.tar.zst 'a<b.tar.zst'; head -c 900 a* > cut.tar.zst
      echo '<p>\(place)[]</script></p>' > empty.html; echo '<p></p>' > other.html
      "$R" page \(arguments)
      """, in: folder.path)
  }

  @Test func theBundlesAreInThePageByteForByte() throws {
    let answer = try page("'a<b.tar.zst' -o p.html --template empty.html")
    #expect(answer.status == 0)
    let found = try Program.shell(
      """
      sed 's/.*"content":"\\([^"]*\\)".*/\\1/' p.html | base64 -d | cmp - 'a<b.tar.zst' \
      && cat p.html
      """, in: folder.path)
    #expect(found.status == 0)
    #expect(found.output.contains(#""name":"a\u003cb.tar.zst""#))
    #expect(found.output.hasPrefix("<p>" + place + "[{"))
    #expect(found.output.hasSuffix("}]</script></p>\n"))
  }

  @Test(arguments: [
    ("cut.tar.zst -o p.html --template empty.html", 2, "cut.tar.zst: "),
    (
      "a* -o p.html --template other.html", 4,
      "other.html: it is not a page that bundles can be put into"
    ),
    ("a* -o p.html --template none.html", 74, "none.html: No such file or directory"),
    ("a* -o p.txt --template empty.html", 64, "its name must end in .html"),
    ("-o p.html", 64, "Missing expected argument '<bundles> ...'"),
  ])
  func whatIsWrongIsSaidAndNothingWritten(arguments: String, status: Int32, words: String) throws {
    let answer = try page(arguments)
    #expect(answer.status == status)
    #expect(answer.error.contains(words), "\(answer.error)")
    #expect(try Program.shell("ls p.*", in: folder.path).status != 0)
  }
}
