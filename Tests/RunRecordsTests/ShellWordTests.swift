import Foundation
import RunRecords
import Testing

@Suite struct ShellWordTests {
  /// A quote that a mark follows is one character for Swift, and a quote for a shell.
  @Test(arguments: [
    "", "plain-1.0", "two words", "it's", "$HOME `id`", "'\u{301}; echo hello #", "\u{600}'", "\\",
    "\u{1b}[2J", "a\n'\u{301}", "é", "-n",
  ])
  func aShellReadsTheWordBack(word: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", "printf '%s' \(ShellWord.quoted(word))"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(Array(output) == Array(word.utf8))
  }

  @Test func whatNeedsNoQuotesHasNone() {
    #expect(ShellWord.quoted("a/b.tar.zst") == "a/b.tar.zst")
    #expect(ShellWord.quoted("a b") == "'a b'")
    #expect(ShellWord.path("-a") == "./-a")
  }
}
