import Foundation
import TestSupport
import Testing

/// What `run` and `sweep` accept as a config or a plan.
@Suite struct InputTextTests {
  private static let config = "max_steps: 3\nlog_interval: 1\ncheckpoint_interval: 0\n"
  private static let plan =
    "preset: tiny\nset: {max_steps: 3, checkpoint_interval: 0}\nexperiments: [{name: A}]\n"

  private func folder() -> TemporaryFolder {
    let folder = TemporaryFolder()
    folder.put(Self.config, "c.yaml")
    folder.put(Self.plan, "p.yaml")
    return folder
  }

  @Test(arguments: [
    "run - --preset tiny --quiet < c.yaml", "run /dev/stdin --preset tiny --quiet < c.yaml",
    "run /dev/stdin --preset tiny --quiet < fifo", "run fifo --preset tiny --quiet",
    "run /dev/null --preset tiny --set max_steps=3 --quiet < c.yaml",
  ])
  func aConfigMayComeThroughAPipe(arguments: String) throws {
    let folder = folder()
    let script = "mkfifo fifo; (sleep 0.2; cat c.yaml) > fifo & \"$R\" \(arguments)"
    let answer = try Program.shell(
      arguments.contains("fifo") ? script : "\"$R\" \(arguments)", in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(
      try Program.shell("cat runs/*/config.json", in: folder.path).output.contains(
        "\"max_steps\":3"))
  }

  /// The system reports no end of such a pipe to a process that opens it afterwards.
  @Test func thePipesOtherEndMayHaveBeenClosedBefore() throws {
    let folder = folder()
    let script =
      """
      mkfifo fifo; cat c.yaml > fifo & \
      { wait; "$R" run /dev/fd/3 --preset tiny --quiet; } 3< fifo
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == 0, "\(answer.error)")
  }

  @Test(arguments: ["sweep - -o out < p.yaml", "sweep /dev/stdin -o out < p.yaml"])
  func aPlanMayComeThroughAPipe(arguments: String) throws {
    let folder = folder()
    let answer = try Program.shell("cat p.yaml | \"$R\" \(arguments)", in: folder.path)
    #expect(answer.status == 0 && answer.output == "1 of 1 configs sealed\n", "\(answer.error)")
  }

  @Test(arguments: ["a", "a.tar.zst", "unpacked"])
  func theConfigOfARunIsOneToBeginWith(source: String) throws {
    let folder = folder()
    var path = SealedRuns.shared.path + "/" + source
    if source == "unpacked" {
      _ = try Program.run(
        "extract", SealedRuns.shared.path + "/a.tar.zst", "-o", source, in: folder.path)
      path = source
    }
    let other = try Program.run(
      "run", path, "--set", "seed=43", "-o", "r", "--quiet", in: folder.path)
    #expect(other.status == 0, "\(other.error)")
    let same = try Program.shell(
      """
      for f in config.json outcome.json trace/hashes.csv; \
      do cmp r/$f \(SealedRuns.shared.path)/b/$f; done
      """,
      in: folder.path)
    #expect(same.status == 0 && same.output.isEmpty)
  }

  @Test(
    arguments: [
      ("run nothere", 74, "nothere: No such file or directory"),
      ("sweep nothere", 74, "nothere: No such file or directory"),
      (
        "run tiny", 74, "tiny: No such file or directory; the preset is --preset tiny"
      ),
      (
        "run --preset tiny --set seed=7 batch=32", 74,
        "batch=32: No such file or directory; each key has its own --set KEY=VALUE"
      ),
      ("run .", 64, ".: it is a directory, not a config"),
      ("sweep .", 64, ".: it is a directory, not a plan"),
      ("sweep R/a", 64, "R/a: it is a directory, not a plan"),
      ("sweep R/a.tar.zst", 64, "R/a.tar.zst: it is a bundle, not a plan"),
      ("run - < R/a.tar.zst", 64, "stdin: it is a bundle, not a config"),
      (
        "run R/a --resume", 64,
        "R/a: to continue this run: regrok run --resume -o R/a; see regrok help run"
      ),
      ("run /dev/zero", 64, "/dev/zero: a config has at most 65536 bytes"),
      ("sweep /dev/zero", 64, "/dev/zero: a plan has at most 65536 bytes"),
      ("run sparse", 64, "sparse: a config has at most 65536 bytes"),
      ("sweep sparse", 64, "sparse: a plan has at most 65536 bytes"),
      ("run latin", 64, "latin: not UTF-8 text"),
      ("run - < latin", 64, "stdin: not UTF-8 text"),
      (
        "run p.yaml", 64,
        "p.yaml:3: experiments: it is a plan of many runs, not a config; `regrok sweep` "
          + "performs it"
      ),
      (
        "sweep c.yaml", 64,
        """
        c.yaml:1: max_steps: unknown key; known: preset, set, also, experiments; this is a \
        config of one run, which `regrok run` performs
        """
      ),
      ("sweep /dev/null", 64, "/dev/null: a plan has experiments, and this is empty"),
    ] as [(String, Int32, String)])
  func whatIsNoneIsToldInOneLine(arguments: String, status: Int32, error: String) throws {
    let folder = folder()
    let there = SealedRuns.shared.path
    // A file of 64 GiB does not fit in memory. Sanitizers need more address space than the limit.
    let script = """
      truncate -s 64G sparse; printf 'seed: 7 # \\351\\n' > latin
      [ "${ASAN_OPTIONS-}${TSAN_OPTIONS-}" ] || ulimit -v 8000000
      "$R" \(arguments.replacing("R/", with: there + "/"))
      """
    let answer = try Program.shell(script, in: folder.path)
    #expect(answer.status == status)
    #expect(answer.error == "regrok: " + error.replacing("R/", with: there + "/") + "\n")
    #expect(answer.output.isEmpty)
  }

  @Test func aBombEndsInTime() throws {
    let folder = folder()
    var bomb = "a: &a [0,0,0,0,0,0,0,0,0]\n"
    for (name, last) in zip("bcdefghijkl", "abcdefghijk") {
      let items = Array(repeating: "*\(last)", count: 9).joined(separator: ",")
      bomb += "\(name): &\(name) [\(items)]\n"
    }
    folder.put(bomb + "? *l\n: 1\n", "bomb.yaml")
    for command in ["run bomb.yaml --preset tiny", "sweep bomb.yaml --dry-run --rate 1"] {
      let answer = try Program.shell("timeout 20 \"$R\" \(command)", in: folder.path)
      #expect(answer.status == 64)
      #expect(answer.error == "regrok: bomb.yaml:1: a: anchors and aliases are not allowed\n")
    }
  }
}
