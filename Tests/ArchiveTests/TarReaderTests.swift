import TestSupport
import Testing

@testable import Archive

@Suite struct TarReaderTests {
  private final class Visitor: TarVisitor {
    var told: [String] = []
    var bytes: [UInt8] = []
    func begin(_ header: TarHeader) throws(BundleError) {
      told.append("\(header.name) \(header.size)")
    }
    func content(_ part: ArraySlice<UInt8>) throws(BundleError) { bytes += part }
    func end() throws(BundleError) { told.append("end") }
  }

  private static let content = [UInt8]((0..<600).map { UInt8(truncatingIfNeeded: $0) })
  private static let archive =
    TarHeader(name: "a", size: 600).block + BundleForge.padded(content)
    + TarHeader(name: "b", size: 0).block + TarHeader(name: "c", size: 512).block
    + content.prefix(512) + BundleForge.end

  @Test(arguments: [1, 7, 511, 512, 513, 1000, 1 << 20]) func partsMayHaveAnyLength(part: Int)
    throws
  {
    let visitor = Visitor()
    var tar = TarReader()
    var rest = Self.archive[...]
    while !rest.isEmpty {
      try tar.feed(Array(rest.prefix(part)), to: visitor)
      rest = rest.dropFirst(part)
    }
    try tar.finish()
    #expect(visitor.told == ["a 600", "end", "b 0", "end", "c 512", "end"])
    #expect(visitor.bytes == Self.content + Self.content.prefix(512))
  }

  @Test func everyCutIsNoted() throws {
    for size in stride(from: 0, to: Self.archive.count, by: 100) {
      var tar = TarReader()
      try tar.feed(Array(Self.archive.prefix(size)), to: Visitor())
      do {
        try tar.finish()
        Issue.record("cut at \(size)")
      } catch {
        #expect(error.reason == .tarEnd)
      }
    }
  }

  /// The reason for which a header is refused when its bytes at an offset are replaced and its
  /// checksum corrected; nil where it is read.
  private static func reason(
    _ header: TarHeader, at offset: Int = 0, _ bytes: [UInt8]
  ) -> BundleError.Reason? {
    var block = header.block
    block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    block.replaceSubrange(148..<156, with: Array(repeating: UInt8(ascii: " "), count: 8))
    let octal = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    let digits = String(repeating: "0", count: 6 - octal.count) + octal
    block.replaceSubrange(148..<156, with: Array(digits.utf8) + [0, UInt8(ascii: " ")])
    do throws(BundleError) {
      _ = try TarHeader(block, isFirst: false)
      return nil
    } catch {
      return error.reason
    }
  }

  @Test func aNameIsNotEmptyAndIsPrintableASCII() {
    let header = TarHeader(name: "", size: 0)
    #expect(Self.reason(header, [UInt8](repeating: UInt8(ascii: "x"), count: 100)) == nil)
    for name: [UInt8] in [
      [], [0xff], [0x61, 0xff], [0x1b], [0x61, 0x7f], [0x0a], [0xe2, 0x80, 0xae],
      Array(repeating: 0xff, count: 100),
    ] {
      #expect(Self.reason(header, name) == .name, "\(name)")
    }
  }

  /// POSIX ustar: the prefix begins at byte 345. Here the name fills its own field.
  @Test func aPrefixIsPrintableASCII() {
    let header = TarHeader(name: "ab/" + String(repeating: "x", count: 100), size: 0)
    #expect(Self.reason(header, at: 345, Array("cd".utf8)) == nil)
    for prefix: [UInt8] in [[0x1b, 0x61], [0x61, 0x7f], [0xc3, 0xa9], [0xff, 0xff]] {
      #expect(Self.reason(header, at: 345, prefix) == .metadata, "\(prefix)")
    }
  }
}
