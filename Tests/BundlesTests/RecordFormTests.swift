import Digests
import RunRecords
import Testing

@testable import Archive
@testable import BundleChecks
@testable import Bundles

/// The small forms one by one: lists of digests, dates and times, the seal, bag-info.txt.
@Suite struct RecordFormTests {
  private static let digest = String(repeating: "0a", count: 32)

  @Test(arguments: ["", "D  a\n", "D  a\nD  b/c.d\n"]) func aListComesBack(text: String) {
    let text = text.replacing("D", with: Self.digest)
    #expect(Manifest(bytes: Array(text.utf8))?.bytes == Array(text.utf8))
  }

  @Test(arguments: [
    "\n", "D", "D  ", "D  \n", "D  ab", "D  a\n\n", "D a\n", "D *a\n",
    "D  \u{e9}\n", "D  \u{1b}\n", "D  a\r\n", "D0  a\n", "\nD  a\n", "0a  a\n", "d  a\n",
  ])
  func anotherListIsRefused(text: String) {
    #expect(Manifest(bytes: Array(text.replacing("D", with: Self.digest).utf8)) == nil)
  }

  @Test func aDigestHas64Digits() {
    #expect(Digest(hex: Self.digest)?.hex == Self.digest)
    for text in ["", "0a", Self.digest + "0", Self.digest + "0a", Self.digest.uppercased()] {
      #expect(Digest(hex: text) == nil, "\(text)")
    }
  }

  @Test func aDateHasOneForm() {
    // SPEC 3.3: only the form is checked, not the calendar.
    for text in ["2026-11-24", "0000-01-01", "9999-12-31", "2026-02-31"] {
      #expect(Bag.Info.isDate(text))
    }
    for text in [
      "", "2026-11-2", "2026-11-240", "2026-1-024", "02026-11-2", "20261124--", "2026-00-24",
      "2026-13-24", "2026-11-00", "2026-11-32", "2026-+1-24", "2026--1-24", "2026-11-24-",
      "+026-11-24", "2026/11/24", "2026-11-\u{ff11}", " 026-11-24",
    ] {
      #expect(!Bag.Info.isDate(text), "\(text)")
    }
  }

  @Test func aTimeHasOneForm() {
    #expect(CrateCheck.isTime("2026-11-24T02:03:04.005+00:00"))
    #expect(CrateCheck.isTime("2026-02-31T99:99:99.999+00:00"))
    for text in [
      "", "2026-11-24", "2026-13-24T02:03:04.005+00:00", "2026-11-24T02:03:04.005+00:000",
      "2026-11-24T02:03:04.005+00:0", "2026-11-24T02:03:04.005Z", "2026-11-24 02:03:04.005+00:00",
      "2026-11-24T02:03:04.005+01:00", "2026-11-24T02:03:04,005+00:00",
      "2026-11-24T0a:03:04.005+00:00", "2026-11-24T02:03:04.005-00:00",
    ] {
      #expect(!CrateCheck.isTime(text), "\(text)")
    }
  }

  @Test func aSealHas48Bytes() {
    let digest = Digest(of: [1])
    let seal = Seal.bytes(digest)
    #expect(Seal.digest(in: seal) == digest)
    for size in 0..<48 { #expect(Seal.digest(in: Array(seal.prefix(size))) == nil) }
    #expect(Seal.digest(in: seal + [0]) == nil)
  }

  // MARK: bag-info.txt

  private static let info = Bag.Info(
    agent: "regrok 0", date: "2026-11-24", externalIdentifier: "0123456789abcdef",
    payloadBytes: 12, payloadFiles: 3, format: 1)

  @Test func bagInfoComesBack() throws {
    #expect(try Bag.Info(bytes: Self.info.bytes) == Self.info)
  }

  @Test(arguments: [
    ("12.3", "12"), ("12.3", "12.3.4"), ("12.3", "-12.3"), ("12.3", "012.3"), ("12.3", "12.x"),
    ("12.3", "18446744073709551616.3"), ("regrok 0", ""), ("regrok 0\n", "regrok 0\nMore:\n"),
    ("Agent: ", "Agent:"), ("Agent: ", "Agent"), ("-11-", "-13-"), ("regrok 0", "regrok\u{7f}0"),
    ("2026-11-24\n", "2026-11-24\n\n"),
  ])
  func anotherBagInfoIsRefused(old: String, new: String) {
    let text = String(decoding: Self.info.bytes, as: UTF8.self)
    #expect(text.contains(old))
    let error = #expect(throws: BundleError.self) {
      let info = try Bag.Info(bytes: Array(text.replacing(old, with: new).utf8))
      // A negative size is accepted here; later checks refuse it.
      if info.payloadBytes < 0 { throw BundleError.damaged(.bag, "") }
    }
    #expect(error?.reason == .bag)
  }
}
