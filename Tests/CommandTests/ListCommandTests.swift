import RunRecords
import Testing

/// `regrok list`, as a user runs it.
@Suite struct ListCommandTests {
  private let folder = TemporaryFolder()

  private func ask(_ arguments: String) throws -> Program.Answer {
    let runs = SealedRuns.shared.path
    return try Program.shell(
      """
      cp -r \(runs)/a \(runs)/b.tar.zst \(runs)/thin.tar.zst .; head -c 900 b.tar.zst > cut.tar.zst
      ln -s b.tar.zst link.tar.zst; "$R" list \(arguments)
      """, in: folder.path)
  }

  @Test func eachResultHasALineAndWhatIsNotUsedAReason() throws {
    let answer = try ask(".")
    #expect(answer.status == 0)
    let lines = answer.output.split(separator: "\n").map {
      $0.split(separator: " ").map(String.init)
    }
    #expect(lines.map(\.first) == ["run", "./thin.tar.zst", "./b.tar.zst"])
    #expect(lines[0].suffix(3) == ["T_mem", "T_grok", "seed"])
    #expect(lines[1].dropFirst(2) == ["trainer", "max-steps", "37", "-", "-", "42"])
    #expect(lines[2].last == "43")
    #expect(answer.error.contains("left out: ./cut.tar.zst: "))
    #expect(answer.error.contains("left out: ./link.tar.zst: it is a symbolic link"))
    #expect(answer.error.contains("counted once: ./a holds the result of ./thin.tar.zst"))
  }

  @Test(arguments: [
    ("seed=43", ["./b.tar.zst"]), ("stop_reason=max-steps", ["./thin.tar.zst", "./b.tar.zst"]),
    ("optimizer.learning_rate=1e-3", ["./thin.tar.zst", "./b.tar.zst"]), ("kind=program", []),
    ("outcome=grokked", []), ("steps=37", ["./thin.tar.zst", "./b.tar.zst"]),
  ])
  func aConditionChoosesRuns(condition: String, paths: [String]) throws {
    let answer = try ask(". --csv --where \(condition)")
    #expect(answer.status == 0)
    let lines = answer.output.split(separator: "\n")
    #expect(lines.dropFirst().map { String($0.prefix { $0 != "," }) } == paths)
    #expect(lines.first?.hasPrefix("path,run,kind,outcome,steps,t_mem,t_grok") == true)
    #expect(answer.error.contains("none of 2 runs matches") == paths.isEmpty)
  }

  @Test func allConditionsHaveToHold() throws {
    let answer = try ask(". --json --where seed=43 --where max_steps=40 --where kind=trainer")
    let json = try CanonicalJSON(canonical: Array(answer.output.dropLast().utf8))
    guard case .array(let runs)? = json["runs"] else {
      Issue.record("no runs")
      return
    }
    #expect(runs.map { $0["path"]?.stringValue } == ["./b.tar.zst"])
    #expect(runs.first?["steps"]?.intValue == 37)
  }

  @Test func aKeyThatNoRunHasIsTold() throws {
    let answer = try ask(". --where sed=43")
    #expect(answer.status == 64 && answer.output.isEmpty)
    #expect(answer.error.hasSuffix("--where sed: no run has this key; did you mean seed?\n"))
  }

  @Test func aNameStaysInItsCell() throws {
    let answer = try Program.shell(
      "cp -r \(SealedRuns.shared.path)/a 'x,\"y'; \"$R\" list 'x,\"y' --csv", in: folder.path)
    #expect(answer.output.contains("\n\"x,\"\"y\","))
  }

  /// RFC 4180 has no place for escapes, and its text is UTF-8, whatever the locale says.
  @Test func valuesHaveNothingReplaced() throws {
    let answer = try Program.shell(
      """
      cp -r \(SealedRuns.shared.path)/a "$(printf 'x\\ty\\nz\\342\\210\\236')"
      LC_ALL=C "$R" list . --csv
      """, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(answer.output.contains("\n\"./x\ty\nz\u{221e}\","), "\(answer.output)")
  }

  @Test func strictEndsWithTheReasonsStatus() throws {
    let answer = try ask(". --strict")
    #expect(answer.status == 74)
    #expect(answer.output.isEmpty)
  }
}
