import Archive
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Sound archives whose records lie, and paths that are not regular files.
@Suite struct HostileRecordTests {
  private static let forge = try! BundleForge()

  /// The error after `edit`. If `relist`, the lists of digests are corrected first.
  private func error(
    relist: Bool = true, _ edit: (inout BundleForge) throws -> Void
  ) rethrows -> BundleError? {
    var forge = Self.forge
    try edit(&forge)
    if relist { forge.relist() }
    return BundleForge.error(forge.bytes)
  }

  @Test func theForgedBundleIsSound() {
    #expect(error { _ in } == nil)
  }

  // MARK: Lists

  @Test func aListHasToBeThatOfTheFiles() {
    let manifest = "manifest-sha256.txt"
    let zeros = String(repeating: "0", count: 64)
    let edits: [(inout BundleForge) -> Void] = [
      { $0[text: manifest] += "\(zeros)  data/more.txt\n" },
      { $0[text: manifest] += "\(zeros)  manifest-sha256.txt\n" },
      { $0[text: manifest] += $0[text: manifest].prefix(66) + "data/README.md\n" },
      {
        $0[text: manifest].removeFirst(
          $0[text: manifest].firstIndex(of: "\n")!.utf16Offset(in: $0[text: manifest]) + 1)
      },
      {
        $0[text: manifest].replaceSubrange(
          $0[text: manifest]
            .startIndex..<$0[text: manifest].index($0[text: manifest].startIndex, offsetBy: 64),
          with: zeros)
      },
      { $0[text: manifest] = $0[text: manifest].uppercased() },
      { $0[text: manifest] = $0[text: manifest].replacing("  ", with: " *") },
      { $0[text: manifest].removeLast() },
      { $0[text: manifest] = $0[text: manifest].replacing("\n", with: "\r\n") },
      {
        $0[text: manifest] = $0[text: manifest].split(separator: "\n").reversed().map { $0 + "\n" }
          .joined()
      },
      { $0[text: manifest] = "" },
    ]
    for (index, edit) in edits.enumerated() {
      let error = error(relist: false) { forge in
        edit(&forge)
        forge.relistTags()
      }
      #expect(error?.reason == .manifest, "\(index): \(String(describing: error))")
    }
  }

  /// The manifest is refused when the bundle is opened, before it is compared with the members.
  @Test func aManifestThatListsAFileTwiceIsNotOpened() throws {
    var forge = Self.forge
    let manifest = "manifest-sha256.txt"
    forge[text: manifest] += forge[text: manifest].split(separator: "\n").last! + "\n"
    forge.relistTags()
    let directory = TemporaryDirectory()
    let path = directory.write(forge.bytes, to: "b")
    #expect(#expect(throws: BundleError.self) { try BundleReader(path: path) }?.reason == .manifest)
  }

  /// The crate has the same false digest; the list of results has the right one.
  @Test func theManifestHasTheDigestsOfTheResults() {
    let path = "data/checkpoints/step-00000020.safetensors"
    let error = error(relist: false) { forge in
      let digest = Digest(of: forge[path]).hex
      let lie = String(repeating: "0", count: 64)
      let crate = "data/ro-crate-metadata.json"
      forge[text: crate] = forge[text: crate].replacing(digest, with: lie)
      let payload = forge.files.filter { $0.path.hasPrefix("data/") }
      forge["manifest-sha256.txt"] =
        Manifest(payload.map { .init(digest: Digest(of: $0.bytes), path: $0.path) }).bytes
      forge[text: "manifest-sha256.txt"] = forge[text: "manifest-sha256.txt"].replacing(
        digest, with: lie)
      forge.relistTags()
    }
    #expect(error?.reason == .manifest)
    #expect(error?.member == path)
  }

  @Test func thePayloadsSizeAndNumberAreTheirs() {
    for change: (Int, Int) in [(1, 0), (0, 1), (-1, 0), (0, -1)] {
      let error = error(relist: false) { forge in
        let wasRight = forge.changePayloadOxum(bytes: change.0, files: change.1)
        #expect(wasRight)
      }
      #expect(error?.reason == .bag)
    }
  }

  @Test func aFileThatDoesNotHashToTheManifestIsNamed() {
    for path in Self.forge.files.map(\.path) where path.hasPrefix("data/") {
      let error = error(relist: false) { $0[path][$0[path].count / 2] ^= 1 }
      #expect(error?.reason == .manifest)
      #expect(error?.member == path)
    }
  }

  @Test func theListOfTheTagFilesHasToBeTheirs() {
    let edits = [
      ("bag-info.txt", "regrok 0", "regrok 9"), ("manifest-sha256.txt", "README", "READYOU"),
      ("tagmanifest-sha256.txt", "bagit", "bagel"),
    ]
    for (path, old, new) in edits {
      let error = error(relist: false) {
        $0[text: path] = $0[text: path].replacing(old, with: new)
      }
      #expect(error?.reason == .tagManifest, "\(path): \(String(describing: error))")
    }
    #expect(
      error(relist: false) { $0[text: "tagmanifest-sha256.txt"] += "\n" }?.reason == .tagManifest)
    #expect(
      error(relist: false) { $0[text: "tagmanifest-sha256.txt"] = "" }?.reason == .tagManifest)
  }

  @Test func theListOfResultsHasToBeTheirs() {
    let expected = "data/expected-sha256.txt"
    let zeros = String(repeating: "0", count: 64)
    #expect(
      error { $0[text: expected] += "\(zeros)  checkpoints/step-00000030.safetensors\n" }?.reason
        == .manifest)
    #expect(error { $0[text: expected] += "\(zeros)  ../x\n" }?.reason == .manifest)
    #expect(error { $0[text: expected] = "x" }?.reason == .manifest)
    #expect(
      error {
        $0[text: expected] = $0[text: expected].split(separator: "\n").dropLast().map { $0 + "\n" }
          .joined()
      }?
      .reason == .manifest)
    // One digest in the list of results is false; all other lists are corrected.
    let lie = error(relist: false) { forge in
      forge[text: expected] = zeros + forge[text: expected].dropFirst(64)
      let list = forge.files.filter { $0.path.hasPrefix("data/") }
      forge["manifest-sha256.txt"] =
        Manifest(list.map { .init(digest: Digest(of: $0.bytes), path: $0.path) }).bytes
      forge.relistTags()
    }
    #expect(lie?.reason == .manifest)
    #expect(lie?.member == "data/config.json")
  }

  /// `show`, `diff` and `report` open a bundle without verifying it, so what they show must be
  /// checked when it is opened.
  @Test func whatIsQuotedIsCheckedWhenItIsOpened() throws {
    let expected = "data/expected-sha256.txt"
    let zeros = String(repeating: "0", count: 64)
    func manifested(_ forge: inout BundleForge) {
      let payload = forge.files.filter { $0.path.hasPrefix("data/") }
      forge["manifest-sha256.txt"] =
        Manifest(payload.map { .init(digest: Digest(of: $0.bytes), path: $0.path) }).bytes
      forge.relistTags()
    }
    let edits: [((inout BundleForge) -> Void, BundleError.Reason)] = [
      // A digest that differs from the manifest's: that of a record, and that of a stored
      // checkpoint.
      ({ $0[text: expected] = zeros + $0[text: expected].dropFirst(64) }, .manifest),
      (
        {
          let lines = $0[text: expected].split(separator: "\n")
          $0[text: expected] =
            (lines.dropLast() + [zeros + lines.last!.dropFirst(64)]).map { $0 + "\n" }.joined()
        }, .manifest
      ),
      // A checkpoint listed twice.
      (
        { $0[text: expected] += $0[text: expected].split(separator: "\n").last! + "\n" },
        .manifest
      ),
      // An outcome that the trace does not give.
      (
        {
          $0[text: "data/outcome.json"] = $0[text: "data/outcome.json"]
            .replacing("\"t_grok\":30", with: "\"t_grok\":40")
            .replacing("\"delay\":10", with: "\"delay\":20")
          $0.relist()
        }, .trace
      ),
    ]
    let directory = TemporaryDirectory()
    for (index, (edit, reason)) in edits.enumerated() {
      var forge = Self.forge
      edit(&forge)
      manifested(&forge)
      let path = directory.write(forge.bytes, to: "b\(index)")
      let error = #expect(throws: BundleError.self) { try RecordedRun(opening: path) }
      #expect(error?.reason == reason, "\(index): \(String(describing: error))")
    }
  }

  // MARK: Tag files

  @Test(arguments: [
    ("Payload-Oxum: ", "Payload-Oxum: 1"), ("Bagging-Date: 2026-11-24", "Bagging-Date: 2026-13-24"),
    ("Bagging-Date: 2026-11-24", "Bagging-Date: today"), ("Bag-Software-Agent", "Agent"),
    ("regrok 0", "\u{1b}[31mregrok 0"), ("External-Identifier: ", "External-Identifier: 0"),
    ("\n", "\r\n"), ("Bundle-Format: 1", "Bundle-Format: one"),
    ("Bundle-Format: 1", "Bundle-Format: 01"), ("Bundle-Format: 1", "Bundle-Format: 02"),
    ("Bundle-Format: 1", "Bundle-Format: +2"), ("Bundle-Format: 1", "Bundle-Format: -2"),
    // Another spelling of a later format's number is damage, not a later format.
    ("Bundle-Format: 1", "Bundle-Format: 03"), ("Bundle-Format: 1", "Bundle-Format: +3"),
    ("Bundle-Format: 1", "Bundle-Format: 0"), ("Bundle-Format: 1", "Bundle-Format: \(Int.max)"),
    ("Regrok-Bundle-Format: 1\n", ""),
    ("Regrok-Bundle-Format: 1", "Regrok-Bundle-Format: 1\nMore: x"),
  ])
  func bagInfoHasToBeOfTheForm(old: String, new: String) {
    let error = error(relist: false) { forge in
      forge[text: "bag-info.txt"] = forge[text: "bag-info.txt"].replacing(old, with: new)
      forge.relistTags()
    }
    #expect(error?.reason == .bag, "\(String(describing: error))")
  }

  @Test func theDeclarationHasToBeThatOfBagIt() {
    let error = error {
      $0[text: "bagit.txt"] = "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
    }
    #expect(error?.reason == .bag)
  }

  @Test func aLaterFormatAndOtherNumericsAreNotCalledDamage() throws {
    let later = error(relist: false) { forge in
      forge[text: "bag-info.txt"] = forge[text: "bag-info.txt"].replacing(
        "Format: 1", with: "Format: 3")
      forge.relistTags()
    }
    #expect(later == .unsupported(detail: "the bundle is of format 3, this program knows 1 and 2"))
    // SPEC 3.3: whatever else this file and the later files say.
    let unlike = error(relist: false) { forge in
      forge[text: "bag-info.txt"] = "Payload-Oxum: many\nRegrok-Bundle-Format: 20\nNew: x\n"
      forge[text: "data/config.json"] = "{"
    }
    #expect(
      unlike == .unsupported(detail: "the bundle is of format 20, this program knows 1 and 2"))
    let numerics = error {
      $0[text: "data/config.json"] = $0[text: "data/config.json"].replacing(
        "\"numerics\":1", with: "\"numerics\":2")
    }
    guard case .unsupported = numerics else {
      Issue.record("\(String(describing: numerics))")
      return
    }
  }

  // MARK: JSON

  @Test(arguments: ["data/config.json", "data/outcome.json", "data/environment.json"])
  func jsonHasToBeCanonical(path: String) {
    let texts = [
      #"{"a":1,"a":1}"#, #"{"b":1,"a":1}"#, #"{"a":1e999}"#, #"{"a":1.0}"#, #"{"a":"\ud800"}"#,
      #"{"a":NaN}"#, "\u{feff}{}", "{} ", "{}\n", "{}{}", " {}", "", "{", "nul", #"{"a":01}"#,
      String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000),
      #"{"a":"# + String(repeating: "[", count: 10_000),
    ]
    for text in texts {
      let error = error { $0[text: path] = text }
      #expect(error?.reason == .json, "\(text.prefix(40)): \(String(describing: error))")
    }
    let bytes: [[UInt8]] = [[0xff, 0xfe, 0x7b, 0, 0x7d, 0], [0x22, 0xc3, 0x28, 0x22], [0]]
    for bytes in bytes {
      #expect(error { $0[path] = bytes }?.reason == .json)
    }
    #expect(
      error { $0[text: path] = "[]" }?.reason == (path == "data/config.json" ? .configLimit : .json)
    )
  }

  @Test(arguments: [
    ("\"width\":16", "\"width\":1099511627776"),
    ("\"max_steps\":47", "\"max_steps\":1000000000000"),
    ("\"heads\":2", "\"heads\":3"), ("\"modulus\":7", "\"modulus\":0"),
    ("\"batch\":16", "\"batch\":-1"),
    ("\"batch\":16", "\"batch\":\"16\""), ("\"seed\":\"42\"", "\"seed\":\"042\""),
    ("\"batch\":16,", ""),
  ])
  func aConfigHasToBePossible(old: String, new: String) {
    let error = error {
      #expect($0[text: "data/config.json"].contains(old))
      $0[text: "data/config.json"] = $0[text: "data/config.json"].replacing(old, with: new)
    }
    #expect(error?.reason == .configLimit, "\(String(describing: error))")
    #expect(error?.member == "data/config.json")
  }

  /// A later version may know what this one does not.
  @Test(arguments: [
    ("\"batch\":16", "\"batch\":16,\"beam\":1", "beam: unknown key"),
    ("\"name\":\"adamw\"", "\"name\":\"adan\"", "optimizer.name: it is \"adan\""),
  ])
  func aConfigThatIsUnknownIsNotCalledDamaged(old: String, new: String, what: String) {
    let error = error {
      #expect($0[text: "data/config.json"].contains(old))
      $0[text: "data/config.json"] = $0[text: "data/config.json"].replacing(old, with: new)
    }
    #expect(error == .unsupported(detail: "a config this program does not know: \(what)"))
  }

  @Test func theRootIsTheConfigsDigest() {
    let error = error(relist: true) {
      $0[text: "data/config.json"] = $0[text: "data/config.json"].replacing(
        "\"42\"", with: "\"43\"")
    }
    // Another seed is another run; the checkpoints show it.
    #expect(error?.reason == .checkpoint)
    var forge = Self.forge
    forge.root = "0123456789abcdef"
    forge[text: "bag-info.txt"] = forge[text: "bag-info.txt"].replacing(
      Self.forge.root, with: forge.root)
    forge.relistTags()
    #expect(BundleForge.reason(forge.bytes) == .name)
  }

  // MARK: Traces and outcomes

  @Test func aTraceHasToBeOne() {
    let metrics = "data/trace/metrics.csv"
    let edits: [(inout String) -> Void] = [
      { $0.removeLast() }, { $0 += "\n" }, { $0 = "" }, { $0 = $0.replacing("\n", with: "\r\n") },
      { $0 = $0.replacing("step,", with: "steps,") }, { $0 = $0.replacing("0.25", with: "0.250") },
      { $0 = $0.replacing("0.25", with: "nan") }, { $0 = $0.replacing("0.25", with: "1e999") },
      { $0 = $0.replacing("\n10,", with: "\n11,") }, { $0 = $0.replacing("\n40,", with: "\n50,") },
      { $0 = $0.replacing("\n10,", with: "\n010,") },
    ]
    for (index, edit) in edits.enumerated() {
      let error = error { edit(&$0[text: metrics]) }
      #expect(error?.reason == .trace, "\(index): \(String(describing: error))")
    }
  }

  /// SPEC.md 3.5: losses and squared norms are at least 0. An accuracy is a number of examples
  /// divided by all of them: 24 for training, 25 for validation.
  @Test(arguments: [
    ("0,1,0.25,", "0,-1,0.25,"), ("0,1,0.25,", "0,1,0.26,"), ("0,1,0.25,", "0,1,-0.25,"),
    ("0,1,0.25,", "0,1,1.25,"), ("0,1,0.25,", "0,1,1e+20,"), (",0.12,", ",0.13,"),
    (",0.12,", ",0.12000000000000001,"), ("0.8333333333333334,0.12", "-5e-324,0.12"),
    (",14.285714285714286", ",-14.285714285714286"),
  ])
  func aValueHasToBePossible(old: String, new: String) {
    let error = error {
      #expect($0[text: "data/trace/metrics.csv"].contains(old))
      $0[text: "data/trace/metrics.csv"] = $0[text: "data/trace/metrics.csv"].replacing(
        old, with: new)
    }
    #expect(error?.reason == .trace, "\(String(describing: error))")
  }

  @Test func theNormBeforeTheFirstUpdateIsNotNegative() {
    let error = error {
      $0[text: "data/outcome.json"] = $0[text: "data/outcome.json"].replacing(
        "\"v_initial\":123.5", with: "\"v_initial\":-123.5")
    }
    #expect(error?.reason == .json)
  }

  @Test(arguments: [
    ("max-steps", "diverged"), ("\"t_mem\":20", "\"t_mem\":30"), ("\"t_mem\":20", "\"t_mem\":null"),
    ("\"last_step\":40", "\"last_step\":41"),
  ])
  func theOutcomeHasToBeTheTraces(old: String, new: String) {
    let error = error {
      #expect($0[text: "data/outcome.json"].contains(old))
      $0[text: "data/outcome.json"] = $0[text: "data/outcome.json"]
        .replacing(old, with: new).replacing(
          "\"delay\":10", with: new.contains("t_mem\":30") ? "\"delay\":0" : "\"delay\":10")
    }
    #expect([.trace, .json].contains(error?.reason), "\(String(describing: error))")
  }

  @Test(arguments: [
    ("\"delay\":10,", "\"delay\":11,"), ("\"delay\":10,", ""), ("\"delay\":10", "\"delay\":\"10\""),
    ("\"t_grok\":30", "\"t_grok\":30,\"t_huge\":1"), ("\"v_post\":", "\"v_past\":1,\"v_post\":"),
  ])
  func anOutcomeSaysNothingElse(old: String, new: String) {
    let error = error {
      #expect($0[text: "data/outcome.json"].contains(old))
      $0[text: "data/outcome.json"] = $0[text: "data/outcome.json"].replacing(old, with: new)
    }
    #expect(error?.reason == .json, "\(String(describing: error))")
  }

  // MARK: Checkpoints

  @Test func aCheckpointHasToBeTheOneOfItsRow() throws {
    let path = "data/checkpoints/step-00000020.safetensors"
    let run = SampleRun()
    func encoded(_ checkpoint: Checkpoint, runID: String = run.spec.runID, numerics: Int = 1)
      -> [UInt8]
    {
      Safetensors.encode(checkpoint, runID: runID, numerics: numerics)
    }
    var other = run.checkpoints[1]
    other.parameters[0].values[0].negate()
    var moved = run.checkpoints[1]
    moved.step = 21
    var swapped = run.checkpoints[1]
    swapped.optimizer[1].values[0].negate()
    let bad: [[UInt8]] = [
      encoded(other), encoded(moved), encoded(swapped), encoded(run.checkpoints[0]),
      encoded(run.checkpoints[1], runID: "0123456789abcdef"),
      encoded(run.checkpoints[1], numerics: 2), [], Array(repeating: 0xff, count: 600),
      encoded(run.checkpoints[1]) + [0],
    ]
    for (index, bytes) in bad.enumerated() {
      let error = error { $0[path] = bytes }
      #expect(error?.reason == .checkpoint, "\(index): \(String(describing: error))")
      #expect(error?.member == path)
    }
    #expect(error { $0[path] = encoded(run.checkpoints[1]) } == nil)
  }

  @Test func someCheckpointsAreNeitherAllNorNone() {
    for index in [13, 14, 15] {
      let error = error { $0.files.remove(at: index) }
      #expect(error?.reason == .bag, "\(String(describing: error))")
    }
  }

  @Test func aCheckpointThatTheRunDoesNotKeepIsRefused() {
    let error = error { forge in
      let extra = "data/checkpoints/step-00000050.safetensors"
      forge.files.append((extra, forge["data/checkpoints/step-00000040.safetensors"]))
    }
    #expect(error?.reason == .checkpoint)
  }

  // MARK: Paths

  @Test func onlyRegularFilesAreOpened() throws {
    let directory = TemporaryDirectory()
    let file = directory.write(Self.forge.bytes, to: "b")
    let fifo = directory.path + "/fifo"
    let link = directory.path + "/link"
    let made = unsafe (mkfifo(fifo, 0o600), symlink(file, link))
    #expect(made == (0, 0))
    for path in [fifo, link, directory.path, "/dev/zero", directory.path + "/none", ""] {
      let error = #expect(throws: BundleError.self) { try BundleReader(path: path) }
      guard case .inputOutput? = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
    }
    let none = #expect(throws: BundleError.self) { try BundleReader(path: "/none") }
    #expect(none == .inputOutput(path: "/none", detail: "No such file or directory"))
  }

  @Test func aFileThatChangesWhileItIsReadIsRefused() throws {
    let directory = TemporaryDirectory()
    let file = directory.write(Self.forge.bytes, to: "b")
    let reader = try BundleReader(path: file)
    _ = try reader.verify()
    // Written in place, so that the open file changes. Another file of that name would not matter.
    let handle = try #require(FileHandle(forUpdatingAtPath: file))
    try handle.seekToEnd()
    try handle.write(contentsOf: [0])
    #expect(#expect(throws: BundleError.self) { try reader.verify() }?.reason == .changed)
    try handle.truncate(atOffset: 1000)
    #expect(#expect(throws: BundleError.self) { try reader.verify() }?.reason == .changed)
  }

  @Test func aFileThatTakesItsPlaceDoesNotMatter() throws {
    let directory = TemporaryDirectory()
    let file = directory.write(Self.forge.bytes, to: "b")
    let reader = try BundleReader(path: file)
    try FileManager.default.removeItem(atPath: file)
    directory.write([1, 2, 3], to: "b")
    _ = try reader.verify()
  }
}
