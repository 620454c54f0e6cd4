import Archive
import Digests
import Foundation
import RunRecords
import Testing

@testable import Bundles

/// The crate of a bundle, its preview page, and the form of a signature.
@Suite struct CrateTests {
  private static let full = try! BundleForge()
  private static let thin = try! BundleForge(thin: true)
  private static let crate = "data/ro-crate-metadata.json"

  private func graph(_ forge: BundleForge) throws -> [CanonicalJSON] {
    let crate = try CanonicalJSON(canonical: forge[Self.crate])
    guard case .array(let graph)? = crate["@graph"] else { return [] }
    return graph
  }

  @Test func aFullBundleDescribesItsCheckpointsAsFilesAndAThinOneDoesNot() throws {
    func kinds(_ forge: BundleForge) throws -> [String?] {
      try graph(forge).filter { $0["@id"]?.stringValue?.contains("checkpoints/") == true }
        .map { $0["@type"]?.stringValue }
    }
    #expect(try kinds(Self.full) == ["File", "File", "File"])
    #expect(try kinds(Self.thin) == ["CreativeWork", "CreativeWork", "CreativeWork"])
  }

  @Test func theRunIsDescribedByItsRecord() throws {
    let run = try #require(graph(Self.full).first { $0["@id"] == "#run" })
    #expect(run["startTime"] == "2026-11-23T23:59:59.999+00:00")
    #expect(run["endTime"] == "2026-11-24T02:03:04.005+00:00")
    #expect(run["description"] == "regrok run 'a config.yaml'")
  }

  @Test(arguments: [
    ("ro/crate/1.1/context", "ro/crate/1.2/context"), ("schema.org/sha256", "schema.org/sha512"),
    ("\"about\":{\"@id\":\"./\"}", "\"about\":{\"@id\":\"/\"}"),
    ("process/0.5\"}", "process/0.4\"}"),
    ("\"@id\":\"#license\",\"@type\"", "\"@id\":\"#agent\",\"@type\""), ("\"File\"", "\"Files\""),
    ("\"CreativeWork\",\"name\":\"Process", "\"File\",\"name\":\"Process"),
    ("T02:03:04.005+00:00", "T02:03:04.005Z"), ("\"2026-11-24T", "\"2026-11-25T"),
    ("T23:59:59.999", "T23:59:59.9990"), ("CreateAction", "UpdateAction"),
    ("{\"@id\":\"README.md\"},", ""), ("\"object\":{\"@id\":\"config.json\"}", "\"object\":[]"),
    ("\"sha256\":\"", "\"sha256\":\"0"),
    ("{\"@id\":\"outcome.json\"},{\"@id\":\"trace", "{\"@id\":\"trace"),
    ("\"Dataset\"", "\"Data\""), ("\"Dataset\"", "[\"Dataset\"]"), ("\"File\"", "[\"File\"]"),
    ("\"mentions\":{\"@id\":\"#run\"}", "\"mentions\":{\"@id\":\"#ran\"}"),
    ("\"datePublished\":\"2026-11-24T02", "\"datePublished\":\"2026-11-24T03"),
  ])
  func aCrateHasToDescribeTheBundle(old: String, new: String) {
    for sound in [Self.full, Self.thin] {
      var forge = sound
      #expect(forge[text: Self.crate].contains(old))
      forge[text: Self.crate] = forge[text: Self.crate].replacing(old, with: new)
      forge.relist()
      let error = BundleForge.error(forge.bytes)
      #expect(error?.reason == .crate, "\(old): \(String(describing: error))")
      #expect(error?.member == Self.crate)
    }
  }

  @Test func aCheckpointThatIsLeftOutIsDescribed() {
    for (old, new) in [
      ("\"#checkpoints/step-00000020.safetensors\",\"@type\"", "\"#x\",\"@type\""),
      ("\"CreativeWork\",\"name\":\"State", "\"Thing\",\"name\":\"State"),
    ] {
      var forge = Self.thin
      #expect(forge[text: Self.crate].contains(old))
      forge[text: Self.crate] = forge[text: Self.crate].replacing(old, with: new)
      forge.relist()
      #expect(BundleForge.reason(forge.bytes) == .crate)
    }
  }

  @Test func everyFileHasItsOwnDigest() {
    for (sound, path) in [
      (Self.full, "data/README.md"), (Self.full, "data/checkpoints/step-00000020.safetensors"),
      (Self.thin, "data/trace/hashes.csv"),
    ] {
      var forge = sound
      let digest = Digest(of: forge[path]).hex
      #expect(forge[text: Self.crate].contains(digest))
      forge[text: Self.crate] = forge[text: Self.crate].replacing(
        digest, with: String(repeating: "0", count: 64))
      forge.relist()
      #expect(BundleForge.reason(forge.bytes) == .crate, "\(path)")
    }
    // The digest of a checkpoint that is left out.
    var forge = Self.thin
    let digest = Digest(of: Self.full["data/checkpoints/step-00000020.safetensors"]).hex
    #expect(forge[text: Self.crate].contains(digest))
    forge[text: Self.crate] = forge[text: Self.crate].replacing(
      digest, with: String(repeating: "0", count: 64))
    forge.relist()
    #expect(BundleForge.reason(forge.bytes) == .crate)
  }

  /// There are as many files, but not the same ones.
  @Test func anotherEntityIsNoFile() {
    var forge = Self.full
    let crate = forge[text: Self.crate]
    #expect(crate.contains("\"CreativeWork\",\"name\":\"Process"))
    forge[text: Self.crate] =
      crate.replacing("\"File\"", with: "\"Thing\"", maxReplacements: 1)
      .replacing("\"CreativeWork\",\"name\":\"Process", with: "\"File\",\"name\":\"Process")
    forge.relist()
    #expect(BundleForge.reason(forge.bytes) == .crate)
  }

  @Test func theWordingOfACrateIsFree() {
    var forge = Self.full
    for (old, new) in [("Whoever performed the run", "Ada"), ("A training run", "Some run")] {
      #expect(forge[text: Self.crate].contains(old))
      forge[text: Self.crate] = forge[text: Self.crate].replacing(old, with: new)
    }
    forge[text: "data/ro-crate-preview.html"] = "anything"
    forge.relist()
    #expect(BundleForge.error(forge.bytes) == nil)
  }

  @Test func aCrateHasToBeCanonicalJSON() {
    for text in ["", "{}\n", "{\"@graph\":[], \"@context\":[]}"] {
      var forge = Self.full
      forge[text: Self.crate] = text
      forge.relist()
      #expect(BundleForge.reason(forge.bytes) == .json)
    }
    for text in ["{}", "[]", "1", #"{"@context":1,"@graph":[]}"#] {
      var forge = Self.full
      forge[text: Self.crate] = text
      forge.relist()
      #expect(BundleForge.reason(forge.bytes) == .crate)
    }
  }

  // MARK: The page

  @Test(arguments: [0, 1, 2, 5, 100]) func thePageDrawsEveryLength(rows: Int) throws {
    let forge = try BundleForge(SampleRun(rows: rows, checkpointInterval: 0, diverged: rows == 0))
    let page = forge[text: "data/ro-crate-preview.html"]
    #expect(page.components(separatedBy: "<svg").count == (rows == 0 ? 1 : 4))
    #expect(!page.contains("nan") && !page.contains("inf"))
    #expect(page.contains(String(describing: Digest(of: forge["data/expected-sha256.txt"]))))
  }

  @Test func aLongCurveStaysSmallAndKeepsItsPeaks() {
    var values = [Double](repeating: 0.25, count: 100_000)
    values[77_777] = 1
    let chart = Chart(
      title: "t", steps: Array(values.indices), curves: [.init(name: "c", values: values)],
      scale: .linear(0...1))
    #expect(chart.svg.utf8.count < 4000)
    #expect(chart.svg.contains("L631 16L"))
  }

  /// Values from Python's math.log10, not from the code.
  @Test(arguments: [
    (1.0, 0.0), (2.0, 0.301029995663981), (3.0, 0.477121254719662), (1.0 / 7, -0.845098040014257),
    (6.02214076e23, 23.779750902385), (1e-300, -300.0),
  ])
  func theLogarithmIsOne(value: Double, expected: Double) {
    #expect(abs(Chart.log10(value) - expected) < 1e-9)
  }

  @Test func wordsOfAPageAreEscaped() {
    #expect(HTML.escaped("<a href=\"&\">") == "&lt;a href=&quot;&amp;&quot;&gt;")
    // What joins a sign to a mark beside it makes no other sign of it for a browser.
    #expect(
      HTML.escaped("\u{600}<b\u{600}>\u{301}\"\u{301}")
        == "\u{600}&lt;b\u{600}&gt;\u{301}&quot;\u{301}")
    #expect(HTML.escaped("a\0\u{1b}\u{fffe}\n") == "a\u{fffd}\u{fffd}\u{fffd}\n")
    #expect(HTML.inScript("\"\u{600}</script\u{301}>\"") == "\"\u{600}\\u003c/script\u{301}>\"")
  }

  // MARK: The signature's form

  /// Made by `ssh-keygen -Y sign` in these namespaces, with a key made for this test.
  private static let signatures = [
    "regrok": """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgnULA0rN6gASEMGBaX3f/K6FMwe
    iz/e3blDtNRqCkrIQAAAAGcmVncm9rAAAAAAAAAAZzaGE1MTIAAABTAAAAC3NzaC1lZDI1
    NTE5AAAAQJifIkoIF2JaMy1JIevUyPOlNK9LpdicY9ak9lBxkVSDfoWoEnqvpAzarqgwkm
    eWK+KpDyf97/5w2WrVCfaX9Qo=
    -----END SSH SIGNATURE-----
    """,
    "file": """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgnULA0rN6gASEMGBaX3f/K6FMwe
    iz/e3blDtNRqCkrIQAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
    OQAAAEA613iWGe2IvqKqApGwi/hfDNKpzva3/RJNf1qQ7tbtw0Boin1kYomAZJ7PlPbNSx
    zDrcnzxlZ8QYbHtr/0fmIF
    -----END SSH SIGNATURE-----
    """,
  ]

  private func forge(signature: String) -> BundleForge {
    var forge = Self.full
    forge.files.insert(("tagmanifest-sha256.txt.sig", Array(signature.utf8)), at: 4)
    return forge
  }

  @Test func aSignatureHasItsPlaceAndNoInfluenceOnTheIdentity() throws {
    let forge = forge(signature: Self.signatures["regrok"]! + "\n")
    #expect(BundleForge.error(forge.bytes) == nil)
    let directory = TemporaryDirectory()
    let reader = try BundleReader(path: directory.write(forge.bytes, to: "b"))
    #expect(reader.members.firstIndex(of: "tagmanifest-sha256.txt.sig") == 4)
    #expect(try reader.read("tagmanifest-sha256.txt.sig") == forge["tagmanifest-sha256.txt.sig"])
    #expect(try reader.checkpoint(step: 20).step == 20)
    #expect(reader.identity.bundle == Digest(of: Self.full["tagmanifest-sha256.txt"]))
    #expect(try reader.verify().checkpointCount == 3)
    for index in [0, 3, 5, 13, 16] {
      var misplaced = Self.full
      misplaced.files.insert(forge.files[4], at: index)
      #expect(BundleForge.reason(misplaced.bytes) == .order)
    }
  }

  @Test func aSignatureOfAnotherFormIsRefused() {
    let good = Self.signatures["regrok"]! + "\n"
    let bad = [
      "", "x", Self.signatures["file"]! + "\n", String(good.dropLast()), good + "\n", "\n" + good,
      good.replacing("\n", with: "\r\n"), good.replacing("U1NIU0lH", with: "U1NIU0lX"),
      good.replacing("AAAAAQAAADM", with: "AAAAAgAAADM"),
      good.replacing("BEGIN SSH", with: "BEGIN PGP"),
    ]
    for (index, text) in bad.enumerated() {
      #expect(BundleForge.reason(forge(signature: text).bytes) == .signature, "\(index)")
    }
  }
}
