import RunRecords
import Testing

@Suite struct ShowCommandTests {
  @Test(arguments: ["a", "a.tar.zst", "thin.tar.zst"])
  func curvesAndFactsAreShown(path: String) throws {
    let answer = try SealedRuns.ask("show \(path)")
    #expect(answer.status == 0)
    #expect(answer.output.contains("accuracy"))
    #expect(answer.output.contains("logged every 4 steps"))
    #expect(answer.output.contains("result  ") == (path != "a"))
    // The output is not a terminal, so it has no colours.
    #expect(!answer.output.contains("\u{1B}"))
  }

  @Test func asciiIsUsedWhereTheLocaleAsksForIt() throws {
    for environment in ["LC_ALL=C", "LC_ALL= LC_CTYPE=POSIX LANG=en_US.UTF-8"] {
      let answer = try Program.shell("\(environment) \"$R\" show a", in: SealedRuns.shared.path)
      let isASCII = answer.output.utf8.allSatisfy { $0 < 128 }
      #expect(isASCII && answer.output.contains("t training"))
    }
    let unicode = try Program.shell("LC_ALL=C.UTF-8 \"$R\" show a", in: SealedRuns.shared.path)
    #expect(unicode.output.contains("┤"))
    let flag = try Program.shell(
      "LC_ALL=C.UTF-8 \"$R\" show a --ascii", in: SealedRuns.shared.path)
    #expect(!flag.output.contains("┤"))
  }

  @Test func jsonHasTheRecords() throws {
    let answer = try SealedRuns.ask("show thin.tar.zst --json")
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    #expect(json["config"]?["seed"] == "42")
    #expect(json["rows"] == 10)
    guard case .array(let checkpoints)? = json["checkpoints"] else {
      Issue.record("no checkpoints")
      return
    }
    #expect(checkpoints.map { $0["step"] } == [0, 12, 24, 36])
    #expect(checkpoints.allSatisfy { $0["stored"] == false })
  }

  @Test func whatIsNoRunIsRefused() throws {
    for (path, status) in [("c.yaml", 2), (".", 64), ("absent", 74)] as [(String, Int32)] {
      let answer = try SealedRuns.ask("show \(path)")
      #expect(answer.status == status)
      #expect(answer.error.split(separator: "\n").count == 1)
    }
  }
}
