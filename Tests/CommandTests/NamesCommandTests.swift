import Foundation
import Testing

/// File names may hold any bytes. What commands print of them is safe and true, and can be pasted.
@Suite struct NamesCommandTests {
  private let folder = TemporaryFolder()
  private var runs: String { SealedRuns.shared.path }

  /// Clears the screen, sets a title, starts a new line, and reverses the writing direction.
  private static let name = #"$(printf 'c\033[2J\033]0;owned\007\nx: sound\342\200\256')"#

  @Test(arguments: [
    "verify \"$N.tar.zst\"", "verify \"$N.tar.zst\" \"$N\"",
    "extract \"$N.tar.zst\" -o \"$N.tree\"",
    "pack \(SealedRuns.shared.path)/a -o \"$N.new\"",
    "run --preset tiny --set max_steps=3 -o \"$N.run\"",
    "show \"$N.tar.zst\"", "replay \"$N.tar.zst\"",
    "diff \"$N.tar.zst\" \(SealedRuns.shared.path)/b",
    "report \"$N.tar.zst\" -o \"$N.html\"", "sweep \"$N\"", "run --resume -o \"$N.none\"", "\"$N\"",
    "verify \(SealedRuns.shared.path)/a.tar.zst --allowed-signers \"$N\"",
  ])
  func nothingThatATerminalObeysIsPrinted(arguments: String) throws {
    let answer = try Program.shell(
      "N=\"\(Self.name)\"; cp \(runs)/a.tar.zst \"$N.tar.zst\"; \"$R\" \(arguments)",
      in: folder.path)
    let text = answer.output + answer.error
    #expect(!text.isEmpty && answer.status != 70)
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(scalar.value >= 0x20 && scalar.value != 0x7f && scalar != "\u{202E}")
    }
    #expect(!text.split(separator: "\n").contains { $0.hasPrefix("x: sound") })
  }

  @Test(arguments: [
    "verify N", "run -o N --preset tiny", "pack \(SealedRuns.shared.path)/a -o N", "show N",
    "extract \(SealedRuns.shared.path)/a.tar.zst -o N",
    "report \(SealedRuns.shared.path)/a -o N.html",
  ])
  func anArgumentThatIsNoUTF8IsRefusedBeforeAnythingIsWritten(arguments: String) throws {
    let answer = try Program.shell(
      "N=$(printf 'r\\351'); \"$R\" \(arguments.replacing("N", with: "\"$N\""))", in: folder.path)
    #expect(answer.status == 64)
    #expect(answer.error.contains(" is not UTF-8: r\\xe9"), "\(answer.error)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(arguments: ["my  run", "it's", "./-x", "$HOME", "a\u{1B}[31mb\nc"])
  func whatIsToBeDoneNextCanBePasted(name: String) throws {
    folder.put(
      "task: {name: sparse-parity}\nmax_steps: 3\nlog_interval: 1\nmodel: {width: 16}\n", "c.yaml")
    let run = try Program.run("run", "c.yaml", "-o", name, "--quiet", in: folder.path)
    #expect(run.status == 0, "\(run.error)")
    let hint = run.output.split(separator: "\n").last { $0.hasPrefix("next ") }
    let command = try #require(hint).dropFirst("next".count).drop { $0 == " " }
    #expect(command.hasPrefix("regrok pack "))
    let script = "regrok() { \"$R\" \"$@\"; }; \(command)"
    let packed = try Program.shell(
      "export R; exec bash -c '\(script.replacing("'", with: "'\\''"))'",
      in: folder.path)
    #expect(packed.status == 0, "\(packed.error)")
    #expect(folder.content(name + ".tar.zst") != nil)
  }

  @Test(arguments: [
    "show $D/a.tar.zst", "diff $D/a.tar.zst $D/b", "replay $D/forged.tar.zst", "report --help",
    "predict --help", "claims $D", "verify caf\u{e9}",
  ])
  func aLocaleWithoutUTF8GetsASCII(arguments: String) throws {
    let answer = try Program.shell(
      "LC_ALL=C; export LC_ALL; D=\(runs); \"$R\" \(arguments)", in: folder.path)
    #expect(!answer.output.isEmpty || !answer.error.isEmpty)
    #expect((answer.output + answer.error).utf8.allSatisfy { $0 < 0x80 })
  }

  @Test func symbolsAreSpelledInASCII() throws {
    let help = try Program.shell("LC_ALL=C \"$R\" report --help", in: folder.path)
    #expect(help.output.contains("V = ||theta||^2"))
    let claims = try Program.shell("LC_ALL=C \"$R\" claims '\(runs)'", in: folder.path)
    #expect(claims.output.contains("eta*lambda") && claims.output.contains("T~, "))
    let name = try Program.shell("LC_ALL=C \"$R\" verify 'caf\u{e9}'", in: folder.path)
    #expect(name.error == "regrok: caf\\u{e9}: No such file or directory\n")
  }
}
