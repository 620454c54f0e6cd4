import Archive
import Digests
import RunRecords
import Testing

@testable import Bundles

/// Sound archives of a program's run whose records lie.
@Suite struct HostileProgramRecordTests {
  private static let forge = try! BundleForge(
    try! SampleProgram(), excluding: [PathPattern("withheld.bin")!])

  /// The error after `edit`; all lists of digests and the crate are corrected first.
  private func error(_ edit: (inout BundleForge) throws -> Void) rethrows -> BundleError? {
    var forge = Self.forge
    try edit(&forge)
    forge.relist()
    return BundleForge.error(forge.bytes)
  }

  /// The error after a part of a record's text is replaced.
  private func error(_ path: String, _ old: String, _ new: String) -> BundleError? {
    error { forge in
      #expect(forge[text: path].contains(old), "\(path): \(old)")
      forge[text: path] = forge[text: path].replacing(old, with: new)
    }
  }

  @Test func theForgedBundleIsSound() {
    #expect(error { _ in } == nil)
    #expect(BundleForge.error(Self.forge.bytes) == nil)
  }

  // MARK: JSON

  @Test(arguments: [
    "data/program.json", "data/outcome.json", "data/environment.json", "data/repeats.json",
    "data/left-out.json", "data/ro-crate-metadata.json",
  ])
  func jsonHasToBeCanonical(path: String) {
    let texts = [
      #"{"a":1,"a":1}"#, #"{"b":1,"a":1}"#, #"{"a":1e999}"#, #"{"a":1.0}"#, #"{"a":"\ud800"}"#,
      #"{"a":NaN}"#, "\u{feff}{}", "{} ", "{}\n", "{}{}", " {}", "", "{", "nul", #"{"a":01}"#,
      String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000),
    ]
    for text in texts.map({ Array($0.utf8) }) + [[0xff, 0xfe, 0x7b, 0, 0x7d, 0], [0]] {
      var forge = Self.forge
      forge[path] = text
      forge.relist(keepingCrate: true)
      let error = BundleForge.error(forge.bytes)
      #expect(error?.reason == .json, "\(text.prefix(40)): \(String(describing: error))")
      #expect(error?.member == path)
    }
  }

  @Test(arguments: [
    ("data/program.json", BundleError.Reason.configLimit), ("data/outcome.json", .json),
    ("data/environment.json", .json), ("data/repeats.json", .json), ("data/left-out.json", .json),
  ])
  func aRecordIsAnObject(path: String, reason: BundleError.Reason) {
    for text in ["[]", "null", "\"a\"", "1", "true"] {
      let error = error { $0[text: path] = text }
      #expect(error?.reason == reason, "\(text): \(String(describing: error))")
      #expect(error?.member == path)
    }
  }

  @Test(arguments: [
    ("\"version\":1", "\"version\":0"), ("\"version\":1", "\"version\":\"1\""),
    ("\"version\":1", "\"version\":1.5"), ("\"kind\":\"program\"", "\"kind\":\"trainer\""),
    ("\"run\":[\"python\",", "\"run\":[\"\","), ("\"run\":[\"python\"", "\"run\":[1"),
    ("\"run\":[\"python\"", "\"run\":[\"py\\u0000\""), ("\"env\":[\"MY_FLAG\"]", "\"env\":[\"\"]"),
    ("\"env\":[\"MY_FLAG\"]", "\"env\":[\"B\",\"A\"]"), ("\"env\":[\"MY_FLAG\"]", "\"env\":null"),
    ("\"env\":[\"MY_FLAG\"]", "\"env\":[\"A\",\"A\"]"),
    ("\"env\":[\"MY_FLAG\"]", "\"env\":[\"A=1\"]"),
    ("\"config\":{\"optimizer\":{\"lr\":0.01},\"seed\":1}", "\"config\":[]"),
    ("\"file\":\"metrics.csv\"", "\"file\":\"../metrics.csv\""),
    ("\"file\":\"metrics.csv\"", "\"file\":\"/etc/passwd\""),
    ("\"step\":\"step\"}", "\"step\":\"\"}"),
    ("\"outcome\":\"outcome.json\"", "\"outcome\":\"..\""),
    ("\"default\":\"bits\"", "\"default\":\"all\""), ("\"default\":\"bits\"", "\"default\":{}"),
    ("\"absolute\":0.000001", "\"absolute\":-1"), ("\"*.png\":\"ignore\"", "\"\":\"ignore\""),
    ("\"absolute\":0.000001", "\"absolute\":0.000001,\"most\":1"),
    ("\"minutes\":\"ignore\"", "\"minutes\":null"),
    ("{\"compare\":", "{\"adopted\":\"0a\",\"compare\":"),
    ("\"inputs\":\"", "\"inputs\":\"0"),
  ])
  func aProgramHasToBePossible(old: String, new: String) {
    let error = error("data/program.json", old, new)
    #expect(error?.reason == .configLimit, "\(String(describing: error))")
    #expect(error?.member == "data/program.json")
  }

  /// A bundle cannot consent to its own execution, and an unknown key is refused.
  @Test(arguments: [
    ("\"version\":1", "\"trust\":true,\"version\":1"),
    ("\"inputs\":", "\"execute\":true,\"inputs\":"),
    ("\"inputs\":", "\"here\":false,\"inputs\":"), ("\"inputs\":", "\"here\":1,\"inputs\":"),
    ("\"version\":1", "\"sandbox\":false,\"version\":1"),
    ("{\"columns\":", "{\"absolute\":1,\"columns\":"),
    ("\"step\":\"step\"}", "\"step\":\"step\",\"trust\":1}"),
  ])
  func aKeyThatIsNoneIsRefused(old: String, new: String) {
    let error = error("data/program.json", old, new)
    #expect(error?.reason == .configLimit, "\(String(describing: error))")
  }

  @Test func aLaterVersionIsNotCalledDamage() {
    for version in [2, 1_000_000] {
      #expect(
        error("data/program.json", "\"version\":1", "\"version\":\(version)")
          == .unsupported(
            detail: "its program.json is of version \(version), this program knows 1"))
    }
  }

  @Test(arguments: [
    ("\"status\":0", "\"status\":256"), ("\"status\":0", "\"status\":-1"),
    ("\"status\":0", "\"status\":\"0\""), ("\"signal\":null", "\"signal\":\"SIGKILL\""),
    ("\"signal\":null,\"status\":0", "\"signal\":\"rm -rf\",\"status\":null"),
    ("\"timeout\":false", "\"timeout\":0"), ("\"interrupted\":false,", ""),
    ("\"accuracy\":0.75", "\"accuracy\":{}"), ("\"accuracy\":0.75", "\"accuracy\":[0.75]"),
    ("\"found\":{", "\"execute\":true,\"found\":{"),
    ("\"program\":{", "\"program\":{\"host\":\"h\","),
    // `compare` ignores this key, so it is not a result.
    ("\"note\":null", "\"minutes\":3,\"note\":null"),
  ])
  func anOutcomeHasToBePossible(old: String, new: String) {
    let error = error("data/outcome.json", old, new)
    #expect(error?.reason == .json, "\(String(describing: error))")
    #expect(error?.member == "data/outcome.json")
  }

  @Test func aTextThatWasFoundHasAThousandBytes() {
    for (size, reason) in [(1000, nil), (1001, BundleError.Reason.json)] {
      let text = String(repeating: "x", count: size)
      #expect(error("data/outcome.json", "\"NaN\"", "\"\(text)\"")?.reason == reason)
    }
  }

  @Test(arguments: [
    ("\"count\":3", "\"count\":0"), ("\"count\":3", "\"count\":1.5"), ("\"count\":3,", ""),
    ("\"measured\":true", "\"measured\":1"), ("\"measured\":true", "\"measured\":false"),
    ("\"largest\":\"0.125\"", "\"largest\":0.125"), ("\"largest\":\"0.125\"", "\"largest\":\"-1\""),
    ("\"largest\":\"0.125\"", "\"largest\":\"0.1250\""), ("\"first\":10", "\"first\":-10"),
    ("\"rows\":2", "\"rows\":0"), ("\"rows\":2", "\"rows\":2,\"row\":1"),
    ("\"same_steps\":true", "\"same_steps\":null"), ("\"differs\"", "\"other\""),
    ("\"missing\"", "\"gone\""), ("\"steps\":null", "\"steps\":-1"),
    ("\"varied\":[", "\"varied\":[1,"),
    ("\"value\":\"2\"", "\"value\":2"), ("\"ending\":\"identical\"", "\"ending\":\"missing\""),
  ])
  func repeatsHaveToBePossible(old: String, new: String) {
    let error = error("data/repeats.json", old, new)
    #expect(error?.reason == .json, "\(String(describing: error))")
    #expect(error?.member == "data/repeats.json")
  }

  // MARK: Curves

  @Test(arguments: [
    (",1.5,", ",1.50,"), (",1.5,", ",1.5e0,"), (",1.5,", ",+1.5,"), (",1.5,", ",nan,"),
    (",1.5,", ",0x1p0,"), (",1.5,", ",1e999,"), (",1.5,", ",abc,"), (",1.5,", ",\"text\","),
    (",-0.0,", ",-0,"), (",NaN,", ",-NaN,"), ("Infinity", "inf"), ("step,", "steps,"),
    ("tokens", "\"tokens\""), ("tokens", "step"), ("tokens", "loss"), ("tokens", ""),
    ("\n10,", "\n010,"), ("\n10,", "\n30,"), ("\n10,", "\n10.0,"), ("\n10,", "\n,"),
    ("\n1099511627776,", "\n9007199254740993,"), ("\n", "\r\n"), ("\n10,", "\n\n10,"),
    ("\"warm\"", "warm"), ("\"warm\"", "\"warm"), ("\"warm\"", "\"wa\u{1}rm\""),
    ("a \"\"b\"\"", "a \"b\""), (",4096,", ",4096.0,"), (",4096,", ",04096,"),
    (",4096,", ",4096,,"), (",4096,NaN", ",4096"), ("tokens", "to\u{7}kens"),
  ])
  func curvesHaveToBeCanonical(old: String, new: String) {
    let error = error("data/trace/metrics.csv", old, new)
    #expect(error?.reason == .trace, "\(String(describing: error))")
    #expect(error?.member == "data/trace/metrics.csv")
  }

  @Test(arguments: ["data/trace/metrics.csv", "data/trace/observed.csv"])
  func aTableHasToBeOne(path: String) {
    let edits: [(inout [UInt8]) -> Void] = [
      { $0 = [] }, { $0.removeLast() }, { $0 += Array("\n".utf8) },
      { $0 += Array("1099511627777".utf8) },
      { $0 = [0xef, 0xbb, 0xbf] + $0 }, { $0.insert(0xff, at: 6) }, { $0 = Array("step".utf8) },
    ]
    for (index, edit) in edits.enumerated() {
      let error = error { edit(&$0[path]) }
      #expect(error?.reason == .trace, "\(index): \(String(describing: error))")
      #expect(error?.member == path)
    }
  }

  @Test func aColumnLiesWhereItIsComparedOrNot() {
    let ignored = error("data/trace/metrics.csv", "tokens", "seconds")
    #expect(ignored?.reason == .trace)
    #expect(ignored?.member == "data/trace/metrics.csv")
    let compared = error("data/trace/observed.csv", "seconds", "hours")
    #expect(compared?.reason == .trace)
    #expect(compared?.member == "data/trace/observed.csv")
  }

  // MARK: The root

  @Test func theRootIsTheProgramsDigest() {
    var forge = Self.forge
    forge.root = "0123456789abcdef"
    forge[text: "bag-info.txt"] = forge[text: "bag-info.txt"].replacing(
      Self.forge.root, with: forge.root)
    forge.relistTags()
    #expect(BundleForge.reason(forge.bytes) == .name)
    // Another program is another run, even with the same results.
    #expect(error("data/program.json", "\"seed\":1", "\"seed\":2") == nil)
  }

  // MARK: The other format

  /// A program's bundle that says format 1, and the reverse.
  @Test func aBundleOfTheOtherFormatIsRefused() throws {
    var program = Self.forge
    program[text: "bag-info.txt"] = program[text: "bag-info.txt"].replacing(
      "Format: 2", with: "Format: 1")
    program.relistTags()
    let first = BundleForge.error(program.bytes)
    #expect(first?.reason == .name, "\(String(describing: first))")
    #expect(first?.member?.hasSuffix("data/program.json") == true)
    var trainer = try BundleForge()
    trainer[text: "bag-info.txt"] = trainer[text: "bag-info.txt"].replacing(
      "Format: 1", with: "Format: 2")
    trainer.relistTags()
    let second = BundleForge.error(trainer.bytes)
    #expect(second?.reason == .name, "\(String(describing: second))")
    #expect(second?.member?.hasSuffix("data/config.json") == true)
    var third = Self.forge
    third[text: "bag-info.txt"] = third[text: "bag-info.txt"].replacing(
      "Format: 2", with: "Format: 3")
    third.relistTags()
    #expect(
      BundleForge.error(third.bytes)
        == .unsupported(detail: "the bundle is of format 3, this program knows 1 and 2"))
  }

  @Test func aMemberOfTheOtherFormatIsRefused() throws {
    for (path, bytes) in [
      ("data/config.json", Array("{}".utf8)), ("data/trace/hashes.csv", Array("step\n".utf8)),
    ] {
      for place in Self.forge.files.indices.dropFirst(5) {
        let error = error { $0.files.insert((path, bytes), at: place) }
        #expect(error?.reason == .name, "\(String(describing: error))")
        #expect(error?.member?.hasSuffix(path) == true)
      }
    }
    for path in ["data/program.json", "data/log.txt", "data/results/out/a", "data/inputs/a"] {
      var trainer = try BundleForge()
      trainer.files.append((path, []))
      trainer.relist()
      let error = BundleForge.error(trainer.bytes)
      #expect(error?.reason == .name, "\(String(describing: error))")
    }
  }

  // MARK: The crate

  @Test(arguments: [
    ("\"@id\":\"inputs/\",\"@type\":\"Dataset\"", "\"@id\":\"inputs/\",\"@type\":\"File\""),
    ("\"@id\":\"results/\",\"@type\"", "\"@id\":\"other/\",\"@type\""),
    (
      "\"@id\":\"checkpoints/\",\"@type\":\"Dataset\"",
      "\"@id\":\"checkpoints/\",\"@type\":\"Thing\""
    ),
    (
      "\"object\":[{\"@id\":\"program.json\"},{\"@id\":\"inputs/\"}]",
      "\"object\":{\"@id\":\"program.json\"}"
    ),
    (
      "\"object\":[{\"@id\":\"program.json\"},{\"@id\":\"inputs/\"}]",
      "\"object\":[{\"@id\":\"inputs/\"},{\"@id\":\"program.json\"}]"
    ),
    (
      ",{\"@id\":\"results/\"},{\"@id\":\"checkpoints/\"}],\"startTime\"",
      ",{\"@id\":\"results/\"}],\"startTime\""
    ),
    ("\"result\":[{\"@id\":\"outcome.json\"},", "\"result\":[{\"@id\":\"config.json\"},"),
    ("{\"@id\":\"left-out.json\"},", ""),
    ("{\"@id\":\"inputs/\"},{\"@id\":\"results/\"}", "{\"@id\":\"results/\"}"),
    ("\"sha256\":\"", "\"sha256\":\"0"), ("\"2026-11-24T", "\"2026-11-25T"),
    ("T02:03:04.005+00:00", "T02:03:04.005Z"), ("CreateAction", "UpdateAction"),
  ])
  func aCrateHasToDescribeTheBundle(old: String, new: String) {
    let crate = "data/ro-crate-metadata.json"
    var forge = Self.forge
    #expect(forge[text: crate].contains(old), "\(old)")
    forge[text: crate] = forge[text: crate].replacing(old, with: new)
    forge.relist(keepingCrate: true)
    let error = BundleForge.error(forge.bytes)
    #expect(error?.reason == .crate, "\(String(describing: error))")
    #expect(error?.member == crate)
  }

  /// A folder is part of the crate only if it has files.
  @Test func aFolderWithoutFilesIsNoPart() throws {
    for folder in ["results", "checkpoints", "inputs"] {
      let outputs = SampleProgram.outputs.filter { !$0.key.hasPrefix(folder + "/") }
      let inputs = folder == "inputs" ? [] : SampleProgram.inputs
      let program = try SampleProgram(inputs: inputs, outputs: outputs)
      var forge = try BundleForge(program)
      #expect(BundleForge.error(forge.bytes) == nil)
      let crate = "data/ro-crate-metadata.json"
      // The full run's crate has the folder.
      forge[crate] = Self.forge[crate]
      forge.relist(keepingCrate: true)
      #expect(BundleForge.reason(forge.bytes) == .crate, "\(folder)")
    }
  }
}
