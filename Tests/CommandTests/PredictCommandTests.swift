import RunRecords
import Testing

/// `regrok predict`, as a user runs it. `DelayForecastTextTests` has more.
@Suite struct PredictCommandTests {
  private static let golden =
    #filePath.split(separator: "/").dropLast(3)
    .reduce("") { $0 + "/" + $1 } + "/bundles/golden/base.tar.zst"

  @Test func thePapersTablesHaveNoFirstPassage() throws {
    let answer = try SealedRuns.ask("predict '\(Self.golden)'")
    #expect(answer.status == 0)
    #expect(answer.output.contains("\nfirst passage "))
    let lines = answer.output.split(separator: "\n").filter { $0.hasSuffix("paper's tables") }
    #expect(lines.count == 1 && lines.first?.hasPrefix("first passage ") == true)
    let json = try CanonicalJSON(
      canonical: Array(
        try SealedRuns.ask("predict '\(Self.golden)' --json").output.utf8.dropLast()))
    #expect(json["v_star"] == .null && json["kappa"] == .null && json["v_post"] == 307)
  }

  /// arXiv 2605.18845, as SPEC.md 2.12 has it.
  @Test func theHelpSaysWhatTheFirstPassageIs() throws {
    let help = try Program.shell("LC_ALL=C.UTF-8 \"$R\" help predict", in: "/tmp").output
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(help.contains("the first passage, log(V_mem/V*) / (2κηλ)"))
    #expect(help.contains("only their stop rule, max_steps and checkpoint_interval may differ"))
  }
}
