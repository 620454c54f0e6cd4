import RunRecords
import Testing

@Suite struct DiffCommandTests {
  @Test(arguments: ["a.tar.zst a.tar.zst", "a a", "a.tar.zst a"])
  func equalRunsTakeOneLine(paths: String) throws {
    let answer = try SealedRuns.ask("diff \(paths)")
    #expect(answer.status == 0)
    #expect(
      answer.output.hasPrefix(
        "identical: the config, 10 rows, the outcome, 4 checkpoints by digest, 54 tensors of step "
          + "36"))
    #expect(answer.output.split(separator: "\n").count == 1)
  }

  @Test func aThinBundleIsIdenticalAndTheGapIsNamed() throws {
    let answer = try SealedRuns.ask("diff a.tar.zst thin.tar.zst")
    #expect(answer.status == 0)
    #expect(answer.output.contains("not compared: tensors (thin.tar.zst is thin"))
  }

  @Test func anotherSeedDiffers() throws {
    let answer = try SealedRuns.ask("diff a.tar.zst b.tar.zst")
    #expect(answer.status == 1)
    #expect(answer.output.hasPrefix("different: config, trace from step 0, "))
    #expect(answer.output.contains("\n    seed  42  43\n"))
    #expect(!answer.output.contains("learning_rate"))
    #expect(answer.error.isEmpty)
  }

  @Test func ignoredKeysAreLeftOut() throws {
    let answer = try SealedRuns.ask("diff a forged --ignore validation_loss")
    #expect(answer.status == 0)
    let unknown = try SealedRuns.ask("diff a b --ignore sede")
    #expect(unknown.status == 64)
    #expect(unknown.error.contains("\"sede\""))
  }

  /// Thin bundles of two seeds: nothing but the other keys of the config is left to compare.
  @Test func anIdenticalConfigIsSaidToBeIt() throws {
    let folder = TemporaryFolder()
    let runs = SealedRuns.shared.path
    let answer = try Program.shell(
      """
      "$R" pack \(runs)/b --thin -o b > /dev/null
      "$R" diff \(runs)/thin.tar.zst b --ignore seed --ignore trace --ignore outcome
      """, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      answer.output.hasPrefix("identical: the config; ignored: seed, trace, outcome\n"),
      "\(answer.output)")
  }

  @Test func jsonHasWhatDiffers() throws {
    let answer = try SealedRuns.ask("diff a forged.tar.zst --json")
    #expect(answer.status == 1)
    let json = try CanonicalJSON(canonical: Array(answer.output.utf8.dropLast()))
    #expect(json["verdict"] == "different")
    #expect(json["config"] == [])
    guard case .array(let curves)? = json["trace"]?["curves"] else {
      Issue.record("no curves")
      return
    }
    #expect(curves.map { $0["column"] } == ["validation_loss"])
    #expect(curves.first?["first"]?["step"] == 16)
  }

  @Test func nothingIsIdenticalWhereAllIsIgnored() throws {
    let answer = try SealedRuns.ask(
      "diff a b --ignore config --ignore trace --ignore outcome --ignore checkpoint")
    #expect(answer.status == 64)
    #expect(answer.output.isEmpty)
    #expect(
      answer.error
        == "regrok: nothing is left to compare: ignored are config, trace, outcome, checkpoint\n")
  }
}
