import Archive
import Foundation
import RunRecords
import Testing

@testable import Bundles

/// Sound frames around an archive that no bundle can have.
@Suite struct HostileArchiveTests {
  private static let forge = try! BundleForge(SampleRun(rows: 1), thin: true)

  /// The bundle after `edit` has changed a member's header; the checksum is corrected if `fixSum`.
  private static func header(_ edit: (inout [UInt8]) -> Void, fixSum: Bool = true) -> [UInt8] {
    var entries = forge.entries
    edit(&entries[5])
    if fixSum {
      entries[5].replaceSubrange(148..<156, with: Array(repeating: UInt8(ascii: " "), count: 8))
      let sum = entries[5].prefix(512).reduce(0) { $0 + Int($1) }
      let octal = String(sum, radix: 8)
      entries[5].replaceSubrange(
        148..<156, with: (String(repeating: "0", count: 6 - octal.count) + octal + "\0 ").utf8)
    }
    return BundleForge.bundle(tar: entries + [BundleForge.end], names: forge.files.map(\.path))
  }

  private static func field(_ offset: Int, _ bytes: [UInt8]) -> [UInt8] {
    header { $0.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
  }

  private static func field(_ offset: Int, _ text: String) -> [UInt8] {
    field(offset, Array(text.utf8))
  }

  @Test func theForgedBundleIsSound() {
    #expect(BundleForge.error(Self.forge.bytes) == nil)
    #expect(BundleForge.error(Self.header { _ in }) == nil)
  }

  @Test func aHeaderIsRefusedForItsReason() {
    let cases: [([UInt8], BundleError.Reason)] = [
      // Types: links, devices, directories, FIFOs, contiguous files, GNU long names and sparse
      // files, pax.
      (Self.field(156, "1"), .type), (Self.field(156, "2"), .type), (Self.field(156, "3"), .type),
      (Self.field(156, "4"), .type), (Self.field(156, "5"), .type), (Self.field(156, "6"), .type),
      (Self.field(156, "7"), .type), (Self.field(156, "L"), .type), (Self.field(156, "K"), .type),
      (Self.field(156, "S"), .type), (Self.field(156, "D"), .type), (Self.field(156, "V"), .type),
      (Self.field(156, "x"), .type), (Self.field(156, "g"), .type), (Self.field(156, "X"), .type),
      (Self.field(156, [0]), .type),
      // GNU's magic and no magic; another version.
      (Self.field(257, "ustar  \0"), .magic), (Self.field(257, [0, 0, 0, 0, 0, 0, 0, 0]), .magic),
      (Self.field(263, "01"), .magic),
      // Numbers: negative, base 256, junk, other terminators; and numbers in other fields.
      (Self.field(124, "-0000000001\0"), .headerNumber),
      (Self.field(124, [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]), .headerNumber),
      (Self.field(124, [0xff] + Array(repeating: 0xff, count: 11)), .headerNumber),
      (Self.field(124, "0000000089a\0"), .headerNumber),
      (Self.field(124, "00000000544 "), .headerNumber),
      (Self.field(124, "        544\0"), .headerNumber),
      (Self.field(100, "644\0\0\0\0\0"), .headerNumber),
      (Self.field(108, [0, 0, 0, 0, 0, 0, 0, 0]), .headerNumber),
      (Self.field(329, [0, 0, 0, 0, 0, 0, 0, 0]), .headerNumber),
      // Valid headers with metadata that a bundle never has.
      (Self.field(100, "0000755"), .metadata), (Self.field(100, "0004644"), .metadata),
      (Self.field(108, "0001750"), .metadata), (Self.field(116, "0001750"), .metadata),
      (Self.field(136, "14716305555"), .metadata), (Self.field(157, "x"), .metadata),
      (Self.field(265, "root"), .metadata), (Self.field(297, "root"), .metadata),
      (Self.field(337, "0000001"), .metadata),
      (Self.field(345, "prefix"), .metadata), (Self.field(511, [1]), .metadata),
      (Self.field(60, [0, UInt8(ascii: "x")]), .metadata),
      // Checksums.
      (Self.header({ $0[148] = UInt8(ascii: "1") }, fixSum: false), .headerSum),
      (Self.header({ $0[154] = UInt8(ascii: " ") }, fixSum: false), .headerSum),
      (Self.header({ $0[99] = 1 }, fixSum: false), .headerSum),
    ]
    for (index, (file, reason)) in cases.enumerated() {
      let error = BundleForge.error(file)
      #expect(error?.reason == reason, "\(index): \(String(describing: error))")
    }
  }

  /// Some readers accept a checksum of signed bytes.
  @Test func aSignedSumIsRefused() {
    let file = Self.header(
      { entry in
        entry[90] = 0xff
        entry.replaceSubrange(148..<156, with: Array(repeating: UInt8(ascii: " "), count: 8))
        let sum = entry.prefix(512).reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
        let octal = String(sum, radix: 8)
        entry.replaceSubrange(
          148..<156, with: (String(repeating: "0", count: 6 - octal.count) + octal + "\0 ").utf8)
      }, fixSum: false)
    #expect(BundleForge.reason(file) == .headerSum)
  }

  @Test(
    arguments: [
      ("../x", .name), ("data/../config.json", .name), ("/etc/passwd", .name), ("data//x", .name),
      ("data/./x", .name), ("./x", .name), ("data/", .name), ("", .name), (".hidden", .name),
      ("data/\u{1b}[2Jx", .name), ("data/a\nb", .name), ("data/\u{202e}x", .name),
      ("data\\x", .name), ("C:/x", .name), ("data/a b", .name), ("data/x~", .name),
      ("data/unknown.txt", .name), ("data/checkpoints/step-1.safetensors", .name),
      ("data/checkpoints/step-+0000001.safetensors", .name),
      ("data/checkpoints/step-9223372036854775807.safetensors", .name),
      ("bagit.txt", .duplicate), ("BAGIT.TXT", .duplicate), ("data/readme.MD", .duplicate),
      ("data/outcome.json", .order), ("data/trace/metrics.csv", .order),
    ] as [(String, BundleError.Reason)])
  func aNameIsRefusedForItsReason(name: String, reason: BundleError.Reason) {
    var forge = Self.forge
    forge.files[5].path = name
    let error = BundleForge.error(forge.bytes)
    #expect(error?.reason == reason, "\(String(describing: error))")
    let line = error?.description ?? ""
    #expect(line.utf8.allSatisfy { (0x20..<0x7f).contains($0) }, "\(line)")
  }

  @Test func anotherRootIsRefused() {
    for root in ["0123456789abcdef", "0123", "..", "ABCDEF0123456789", ""] {
      var forge = Self.forge
      forge.root = root
      #expect([.name, .bag].contains(BundleForge.reason(forge.bytes)), "\(root)")
    }
    // A prefix of the run id, which bag-info.txt has too.
    var short = Self.forge
    short.root = String(short.root.prefix(4))
    short[text: "bag-info.txt"] = short[text: "bag-info.txt"].replacing(
      Self.forge.root, with: short.root)
    short.relistTags()
    #expect(BundleForge.reason(short.bytes) == .name)
    var entries = Self.forge.entries
    var other = Self.forge
    other.root = "0123456789abcdef"
    entries[5] = other.entries[5]
    #expect(
      BundleForge.reason(
        BundleForge.bundle(tar: entries + [BundleForge.end], names: Self.forge.files.map(\.path)))
        == .name)
  }

  @Test func everyMemberHasTheSameRoot() {
    var other = Self.forge
    other.root = "0123456789abcdef"
    for index in Self.forge.files.indices {
      var entries = Self.forge.entries
      entries[index] = other.entries[index]
      let file = BundleForge.bundle(
        tar: entries + [BundleForge.end], names: Self.forge.files.map(\.path))
      #expect(BundleForge.reason(file) == .name, "\(index)")
    }
  }

  @Test func paddingHasToBeZero() {
    var entries = Self.forge.entries
    entries[5][entries[5].count - 1] = 1
    #expect(
      BundleForge.reason(
        BundleForge.bundle(tar: entries + [BundleForge.end], names: Self.forge.files.map(\.path)))
        == .padding)
  }

  @Test func theEndHasToBeTwoZeroBlocks() {
    let cases: [([[UInt8]], BundleError.Reason)] = [
      ([], .tarEnd), ([Array(repeating: 0, count: 512)], .tarEnd),
      ([Array(repeating: 0, count: 1536)], .tarEnd),
      ([BundleForge.end, TarHeader(name: "hidden", size: 0).block], .tarEnd),
      ([Array(repeating: 0, count: 512), TarHeader(name: "hidden", size: 0).block], .tarEnd),
      // The archive is cut within a member's content.
      (
        [
          TarHeader(
            name: Self.forge.root + "/data/checkpoints/step-00000000.safetensors", size: 600
          )
          .block
        ], .tarEnd
      ),
    ]
    for (index, (end, reason)) in cases.enumerated() {
      let file = BundleForge.bundle(
        tar: Self.forge.entries + [end.flatMap { $0 }], names: Self.forge.files.map(\.path))
      let error = BundleForge.error(file)
      #expect(error?.reason == reason, "\(index): \(String(describing: error))")
    }
  }

  @Test func membersOutOfOrderAreRefused() {
    for index in Self.forge.files.indices.dropLast() {
      var forge = Self.forge
      forge.files.swapAt(index, index + 1)
      #expect(BundleForge.reason(forge.bytes) == .order, "\(index)")
    }
  }

  @Test func checkpointsOutOfOrderAreRefused() throws {
    var forge = try BundleForge()
    forge.files.swapAt(12, 13)
    #expect(BundleForge.reason(forge.bytes) == .order)
  }

  @Test func everyMemberIsNeeded() {
    for index in Self.forge.files.indices {
      var forge = Self.forge
      forge.files.remove(at: index)
      let error = BundleForge.error(forge.bytes)
      #expect([.order, .bag, .seekTable].contains(error?.reason), "\(index)")
    }
  }
}
