import Archive
import Digests
import RunRecords
import Testing

@testable import Bundles

/// Bundles of a program's run whose lists disagree with each other or with the files.
@Suite struct HostileProgramListTests {
  private static let forge = try! BundleForge(
    try! SampleProgram(), excluding: [PathPattern("withheld.bin")!])
  private static let adopted = try! BundleForge(try! SampleProgram(isAdopted: true))
  private static let zeros = Digest(hex: String(repeating: "0", count: 64))!
  private static let withheld = "results/out/withheld.bin"

  /// The error after `edit`. If `relist`, all other lists of digests and the crate are corrected
  /// first.
  private func error(
    _ forge: BundleForge = Self.forge, relist: Bool = true,
    _ edit: (inout BundleForge) throws -> Void
  ) rethrows -> BundleError? {
    var forge = forge
    try edit(&forge)
    if relist { forge.relist() }
    return BundleForge.error(forge.bytes)
  }

  private func expect(
    _ reason: BundleError.Reason?, _ forge: BundleForge = Self.forge,
    about comment: String = "", _ edit: (inout BundleForge) throws -> Void
  ) rethrows {
    let error = try error(forge, edit)
    #expect(error?.reason == reason, "\(comment): \(String(describing: error))")
    if reason == nil { #expect(error == nil) }
  }

  private func lines(_ text: String) -> [String] { text.split(separator: "\n").map { $0 + "\n" } }

  @Test func theForgedBundlesAreSound() {
    expect(nil) { _ in }
    expect(nil, Self.adopted) { _ in }
  }

  // MARK: Order

  @Test(arguments: [
    "manifest-sha256.txt", "data/expected-sha256.txt", "data/inputs-sha256.txt",
  ])
  func aListInAnotherOrderIsRefused(path: String) {
    let count = lines(Self.forge[text: path]).count
    for index in 0..<count - 1 {
      let error = error(relist: false) { forge in
        var lines = lines(forge[text: path])
        lines.swapAt(index, index + 1)
        switch path {
        case "manifest-sha256.txt":
          forge[text: path] = lines.joined()
          return forge.relistTags()
        case "data/inputs-sha256.txt": forge.setInputList(lines.joined())
        default: forge[text: path] = lines.joined()
        }
        forge.relist()
      }
      #expect(error?.reason == .manifest, "\(index): \(String(describing: error))")
    }
  }

  @Test(arguments: [
    "manifest-sha256.txt", "data/expected-sha256.txt", "data/inputs-sha256.txt",
  ])
  func aListThatIsNoneIsRefused(path: String) {
    let edits: [(String) -> String] = [
      { String($0.dropLast()) }, { $0 + "\n" }, { $0.uppercased() }, { _ in "x" },
      { $0.replacing("\n", with: "\r\n") }, { $0 + lines($0).last! }, { "\\" + $0 },
      { $0.replacing("  ", with: " ") }, { $0 + "\(Self.zeros.hex)  \n" },
      { $0 + "\(Self.zeros.hex)  é\n" }, { $0 + "\(Self.zeros.hex)  /etc/passwd\n" },
      { $0 + "\(Self.zeros.hex)  ../x\n" }, { lines($0).dropLast().joined() },
    ]
    for (index, edit) in edits.enumerated() {
      var forge = Self.forge
      let text = edit(forge[text: path])
      switch path {
      case "manifest-sha256.txt":
        forge[text: path] = text
        forge.relistTags()
      case "data/inputs-sha256.txt":
        forge.setInputList(text)
        forge.relist()
      default:
        forge[text: path] = text
        forge.relist()
      }
      let error = BundleForge.error(forge.bytes)
      #expect(error?.reason == .manifest, "\(index): \(String(describing: error))")
    }
  }

  // MARK: Results

  @Test func theListOfResultsBeginsWithTheRecords() {
    let expected = "data/expected-sha256.txt"
    let records = ["program.json", "inputs-sha256.txt", "outcome.json", "trace/metrics.csv"]
    for record in records { expect(.manifest, about: "\(record)") { $0.unexpect(record) } }
    for record in [
      "trace/observed.csv", "log.txt", "repeats.json", "environment.json", "README.md",
    ] {
      expect(.manifest, about: "\(record)") {
        $0[text: expected] += "\(Self.zeros.hex)  \(record)\n"
      }
    }
    expect(.manifest) { $0[text: expected] = "" }
  }

  @Test func aResultThatIsIgnoredIsNotListed() {
    let plot = "results/out/plot.png"
    expect(.manifest) { $0.expect(plot, Digest(of: $0["data/" + plot])) }
    // A file that was left out or never held.
    expect(.manifest) { $0.expect("results/out/other.png", Self.zeros) }
  }

  @Test func aResultThatIsComparedIsListed() {
    for path in ["results/work/notes.txt", "checkpoints/step-00000010.safetensors"] {
      expect(.manifest, about: "\(path)") { $0.unexpect(path) }
    }
    expect(.manifest) { $0.insert("data/results/out/more.txt", [1]) }
    // Ignored files may be added and removed.
    expect(nil) { $0.insert("data/results/out/more.png", [1]) }
    expect(nil) { $0.remove("data/results/out/plot.png") }
  }

  @Test func whatCannotBeAResultIsNotListed() {
    for path in [
      "inputs/train.py", "config.json", "trace/hashes.csv", "results/../x", "results/", "results",
      "results/.git/config", "results/a:b", "results/a.", "results//a", "results/out/",
      "checkpoints/step-1.safetensors", "checkpoints/step-00000030.bin", "checkpoints/a",
      "checkpoints/step-18446744073709551616.safetensors", "bagit.txt", "../manifest-sha256.txt",
    ] {
      expect(.manifest, about: "\(path)") {
        $0[text: "data/expected-sha256.txt"] += "\(Self.zeros.hex)  \(path)\n"
      }
    }
  }

  /// The file is there, at its place and with its digest; it is refused only because it is an
  /// input.
  @Test func anInputIsNoResult() {
    let path = "inputs/train.py"
    let error = error { $0.expect(path, Digest(of: $0["data/" + path])) }
    #expect(error?.reason == .manifest)
    #expect(error?.member == "data/expected-sha256.txt")
    #expect(
      error?.description.hasSuffix("it lists inputs/train.py, which is no result") == true,
      "\(String(describing: error))")
  }

  @Test func aResultHasTheDigestOfItsList() {
    for path in ["results/out/table.csv", "checkpoints/step-00000020.safetensors", "outcome.json"] {
      let error = error(relist: false) { forge in
        let text = forge[text: "data/expected-sha256.txt"]
        let digest = Digest(of: forge["data/" + path]).hex
        forge.relist()
        forge[text: "data/expected-sha256.txt"] = text.replacing(digest, with: Self.zeros.hex)
        forge.relistPayload()
      }
      #expect(error?.reason == .manifest, "\(path): \(String(describing: error))")
      #expect(error?.member == "data/" + path)
    }
  }

  /// Files that the checker sees in parts must have the manifest's digest, too.
  @Test func aFileHasTheDigestOfTheManifest() {
    for path in Self.forge.files.map(\.path) where path.hasPrefix("data/") {
      let error = error(relist: false) { $0[path][$0[path].count / 2] ^= 1 }
      #expect(error?.reason == .manifest, "\(path): \(String(describing: error))")
      #expect(error?.member == path)
    }
  }

  // MARK: Inputs

  @Test func theProgramNamesTheListOfInputs() {
    let list = "data/inputs-sha256.txt"
    expect(.manifest) { $0[text: list] = lines($0[text: list]).dropLast().joined() }
    expect(.manifest) { $0[text: list] = $0[text: list].replacing(" *tools", with: "  tools") }
    expect(nil) { $0.setInputList($0[text: list].replacing(" *tools", with: "  tools")) }
  }

  @Test func everyInputIsListedAndEveryListedOneIsThere() {
    let list = "data/inputs-sha256.txt"
    for path in ["more.py", "src/more.py"] {
      expect(.manifest, about: "\(path)") { $0.insert("data/inputs/" + path, [1]) }
      expect(.manifest, about: "\(path)") {
        $0.setInputList(lines($0[text: list] + "\(Self.zeros.hex)  \(path)\n").sorted().joined())
      }
    }
    expect(.manifest) { $0.remove("data/inputs/train.py") }
    expect(.manifest) {
      $0.setInputList(lines($0[text: list]).filter { !$0.contains("train.py") }.joined())
    }
    // The list has another digest, and the record names that list.
    expect(.manifest) {
      $0.setInputList(
        $0[text: list].replacing(
          Digest(of: $0["data/inputs/train.py"]).hex, with: Self.zeros.hex))
    }
  }

  /// A rule that ignores files applies only to results.
  @Test func anInputWithAnIgnoredNameIsListed() {
    let path = "data/inputs/more.png"
    let error = error { $0.insert(path, [1]) }
    #expect(error?.reason == .manifest)
    #expect(error?.member == path)
    #expect(
      error?.description.hasSuffix("no list has it") == true, "\(String(describing: error))")
  }

  @Test func namesThatCannotBeSealedAreNoInputs() {
    for path in [
      "../x", "a/../b", "/etc/passwd", ".git/config", "a\\b", "a.", "CON:", "a//b", " a",
    ] {
      expect(.manifest, about: "\(path)") { forge in
        let all = forge[text: "data/inputs-sha256.txt"] + "\(Self.zeros.hex)  \(path)\n"
        forge.setInputList(
          lines(all).sorted { $0.dropFirst(66) < $1.dropFirst(66) }.joined())
        forge.leaveOut {
          $0.entries[.init("inputs/" + path)] = .init(
            bytes: nil, digest: Self.zeros, reason: .largeInput)
        }
      }
    }
  }

  // MARK: Left out

  @Test func aResultIsHeldOrLeftOut() {
    // Neither.
    expect(.manifest) { $0.remove("data/results/out/table.csv") }
    expect(.manifest) { $0.leaveOut { $0.entries[.init(Self.withheld)] = nil } }
    expect(.manifest) { $0.expect("results/out/more.txt", Self.zeros) }
    // Both.
    expect(.manifest) { $0.insert("data/" + Self.withheld, [1, 2, 3]) }
    expect(.manifest) { forge in
      let digest = Digest(of: forge["data/results/out/table.csv"])
      forge.leaveOut {
        $0.entries["results/out/table.csv"] = .init(bytes: 10, digest: digest, reason: .excluded)
      }
    }
    expect(.manifest) { forge in
      let digest = Digest(of: forge["data/inputs/train.py"])
      forge.leaveOut {
        $0.entries["inputs/train.py"] = .init(bytes: nil, digest: digest, reason: .largeInput)
      }
    }
    // An ignored file may be left out, but then it must not be there.
    for (path, reason) in [("plot.png", BundleError.Reason.manifest), ("gone.png", nil)] {
      expect(reason, about: "\(path)") {
        $0.leaveOut {
          $0.entries[.init("results/out/" + path)] = .init(
            bytes: 4, digest: Self.zeros, reason: .excluded)
        }
      }
    }
  }

  @Test func whatIsLeftOutHasTheDigestOfItsList() {
    expect(.manifest) { $0.leaveOut { $0.entries[.init(Self.withheld)]?.digest = Self.zeros } }
  }

  @Test func whatNoListHasIsNotLeftOut() {
    for path in [
      "results/out/more.txt", "inputs/more.py", "checkpoints/step-00000030.safetensors",
      "outcome.json", "log.txt", "results/../x", "results/.git/x.png", "../x.png", "x.png", "",
      "README.md", "inputs/x.png", "results/\u{7f}.png",
    ] {
      for reason in LeftOutFiles.Reason.allCases {
        expect(.manifest, about: "\(path), \(reason)") {
          $0.leaveOut {
            $0.entries[.init(path)] = .init(bytes: 1 << 20, digest: Self.zeros, reason: reason)
          }
        }
      }
    }
  }

  @Test func aReasonFitsWhatItIsSaidOf() {
    let checkpoint = "checkpoints/step-00000010.safetensors"
    let input = "inputs/train.py"
    let small = 64 << 10
    let cases: [(String, LeftOutFiles.Reason, Int?, BundleError.Reason?)] = [
      (Self.withheld, .excluded, 3, nil), (Self.withheld, .excluded, nil, .manifest),
      (Self.withheld, .largeInput, 3, .manifest), (Self.withheld, .thin, 3, .manifest),
      (Self.withheld, .thin, small, .manifest), (Self.withheld, .thin, nil, .manifest),
      (Self.withheld, .thin, small + 1, nil), (checkpoint, .thin, 10, nil),
      (checkpoint, .thin, nil, .manifest), (checkpoint, .excluded, 10, nil),
      (checkpoint, .excluded, nil, .manifest), (checkpoint, .largeInput, 10, .manifest),
      (input, .largeInput, nil, nil), (input, .largeInput, 10, nil),
      (input, .thin, 1 << 20, .manifest),
      (input, .excluded, 10, .manifest), ("results/out/gone.png", .excluded, nil, .manifest),
      ("results/out/gone.png", .thin, small, .manifest),
    ]
    for (path, reason, bytes, refusal) in cases {
      expect(refusal, about: "\(path), \(reason), \(bytes ?? -1)") { forge in
        let held = forge.files.first { $0.path == "data/" + path }.map { Digest(of: $0.bytes) }
        forge.remove("data/" + path)
        forge.leaveOut {
          let digest = held ?? $0[path]?.digest ?? Self.zeros
          $0.entries[.init(path)] = .init(bytes: bytes, digest: digest, reason: reason)
        }
      }
    }
  }

  @Test(arguments: [
    ("\"reason\":\"excluded after the run\"", "\"reason\":\"excluded\""),
    ("\"reason\":\"excluded after the run\"", "\"reason\":null"), ("\"bytes\":3", "\"bytes\":-3"),
    ("\"bytes\":3", "\"bytes\":\"3\""), ("\"bytes\":3,", ""),
    ("\"bytes\":3", "\"bytes\":3,\"by\":1"),
    ("\"bytes\":3", "\"bytes\":3.5"), ("\"sha256\":\"", "\"sha256\":\"0"),
  ])
  func anEntryHasToBeOne(old: String, new: String) {
    let path = "data/left-out.json"
    let error = error {
      #expect($0[text: path].contains(old))
      $0[text: path] = $0[text: path].replacing(old, with: new)
    }
    #expect(error?.reason == .json, "\(String(describing: error))")
    #expect(error?.member == path)
  }

  // MARK: Adopted

  @Test func anAdoptedRunNamesItsResults() {
    let edits: [(inout BundleForge) -> Void] = [
      { $0["data/results/out/table.csv"] += [0] },
      { $0[text: "data/outcome.json"].replace("0.75", with: "0.5") },
      { $0[text: "data/trace/metrics.csv"].replace("1.5", with: "2.5") },
      {
        $0.insert("data/results/out/more.txt", [1])
        $0.expect("results/out/more.txt", Digest(of: [1]))
      },
      {
        $0.remove("data/results/out/table.csv")
        $0.unexpect("results/out/table.csv")
      },
      { forge in
        let adopted = try! ProgramSpec(bytes: forge["data/program.json"]).adopted!
        forge[text: "data/program.json"].replace(adopted.hex, with: Self.zeros.hex)
      },
    ]
    for (index, edit) in edits.enumerated() {
      expect(.manifest, Self.adopted, about: "\(index)", edit)
    }
    // Nothing was executed, so there is no ending.
    for (old, new) in [
      ("\"status\":null", "\"status\":0"), ("\"signal\":null", "\"signal\":\"SIGKILL\""),
      ("\"timeout\":false", "\"timeout\":true"), ("interrupted\":false", "interrupted\":true"),
    ] {
      expect(.json, Self.adopted, about: new) { forge in
        #expect(forge[text: "data/outcome.json"].contains(old))
        forge[text: "data/outcome.json"].replace(old, with: new)
        forge.setAdopted()
      }
    }
    // An ignored file is not a result.
    expect(nil, Self.adopted) { $0["data/results/out/plot.png"] += [0] }
    // Nothing ran, so the command may be missing. Without the digest of results it must be there.
    expect(.configLimit, Self.adopted) { forge in
      let text = forge[text: "data/program.json"]
      let start = text.firstRange(of: "\"adopted\":")!.lowerBound
      let end = text.firstRange(of: "\"compare\":")!.lowerBound
      forge[text: "data/program.json"].removeSubrange(start..<end)
    }
  }

  // MARK: The size of all

  @Test func thePayloadsSizeAndNumberAreTheirs() {
    for change: (Int, Int) in [(1, 0), (0, 1), (-1, 0), (0, -1)] {
      let error = error(relist: false) { forge in
        let wasRight = forge.changePayloadOxum(bytes: change.0, files: change.1)
        #expect(wasRight)
      }
      #expect(error?.reason == .bag)
    }
  }

  @Test func everyMemberOfTheFormatIsThere() {
    for path in Self.forge.files.map(\.path) {
      let isFile = ["data/inputs/", "data/results/", "data/checkpoints/"].contains {
        path.hasPrefix($0)
      }
      guard !isFile else { continue }
      let error = error(relist: false) { $0.remove(path) }
      #expect(error?.reason == .order, "\(path): \(String(describing: error))")
    }
  }
}
