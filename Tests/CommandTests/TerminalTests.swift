import Foundation
import Testing

/// What is drawn on several kinds of terminals; `script` gives the program one.
@Suite struct TerminalTests {
  private let folder = TemporaryFolder()

  private func onTerminal(_ command: String) throws -> Program.Answer {
    try Program.shell(
      "unset NO_COLOR; export R LC_ALL=C.UTF-8; D='\(SealedRuns.shared.path)'; export D; "
        + "script -qec '\(command)' /dev/null", in: folder.path)
  }

  private static let run = "\"$R\" run --preset tiny --set max_steps=200 -o r"

  @Test(arguments: ["TERM=dumb", "NO_COLOR=1 TERM=xterm"])
  func aPlainTerminalGetsPlainLines(setting: String) throws {
    let answer = try onTerminal("\(setting) \(Self.run) && \(setting) \"$R\" show $D/a")
    #expect(answer.status == 0)
    #expect(answer.output.contains("kept in") && answer.output.contains("V_mem"))
    #expect(!answer.output.contains("\u{1B}"))
  }

  @Test func anotherTerminalIsDrawnOver() throws {
    let answer = try onTerminal("TERM=xterm \(Self.run)")
    #expect(answer.status == 0)
    #expect(answer.output.contains("\r\u{1B}[K"))
  }

  @Test(arguments: [
    ("stty cols 60; \"$R\" show --ascii $D/a 2>/dev/null", 60),
    ("stty cols 30; NO_COLOR=1 \"$R\" show --ascii $D/a 2>/dev/null", 30),
    ("stty cols 200; COLUMNS=50 NO_COLOR=1 \"$R\" show --ascii $D/a", 50),
    ("COLUMNS=50 \"$R\" show --ascii $D/a.tar.zst | cat", 50),
  ])
  func picturesAndFactsFitIntoTheTerminalWrittenTo(command: String, columns: Int) throws {
    let answer = try onTerminal("unset COLUMNS; export NO_COLOR=1; \(command)")
    let lines = answer.output.split(whereSeparator: \.isNewline).map(\.count)
    #expect(lines.count > 30)
    #expect(lines.allSatisfy { $0 <= columns }, "\(answer.output)")
    #expect((lines.max() ?? 0) > columns - 12)
  }
}
