import TestSupport
import Testing

@testable import Archive
@testable import ArchiveFiles

/// The second reader by itself. What the strict reader refuses never reaches the second one, so
/// only here can its own checks be tested.
@Suite struct LibarchiveReaderTests {
  private static let content = [UInt8]((0..<100).map { UInt8($0) })
  private static let sound =
    TarHeader(name: "a", size: 100).block + BundleForge.padded(content)
    + TarHeader(name: "b", size: 0).block + BundleForge.end

  /// A header whose bytes at an offset are replaced, with its checksum corrected.
  private static func header(_ offset: Int, _ bytes: [UInt8], size: Int = 100) -> [UInt8] {
    var block = TarHeader(name: "a", size: size).block
    block.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    block.replaceSubrange(148..<156, with: Array(repeating: UInt8(ascii: " "), count: 8))
    let octal = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
    let digits = String(repeating: "0", count: 6 - octal.count) + octal
    block.replaceSubrange(148..<155, with: Array(digits.utf8) + [0])
    return block
  }

  /// Reads an archive in parts of `part` bytes. Content is reported where a strict reader sees it,
  /// moved by `shift` bytes.
  private func read(
    _ archive: [UInt8], part: Int = 512, shift: Int = 0, failure: BundleError? = nil
  ) -> (members: [LibarchiveReader.Member], error: BundleError?) {
    var members: [LibarchiveReader.Member] = []
    var rest = archive[...]
    let reader = LibarchiveReader(largestPart: part) { () throws(BundleError) in
      if rest.isEmpty, let failure { throw failure }
      defer { rest = rest.dropFirst(part) }
      return rest.isEmpty ? nil : Array(rest.prefix(part))
    }
    var position = 0
    do throws(BundleError) {
      let count = try reader.read { (index, member) throws(BundleError) in
        members.append(member)
        defer { position += TarHeader.blockSize + TarHeader.padded(member.size) }
        return position + TarHeader.blockSize + shift
      }
      #expect(count == members.count)
      return (members, nil)
    } catch {
      return (members, error)
    }
  }

  @Test(arguments: [512, 1024, 1 << 20]) func aSoundArchiveIsRead(part: Int) {
    let (members, error) = read(Self.sound, part: part)
    #expect(error == nil)
    #expect(members == [.init(name: "a", size: 100), .init(name: "b", size: 0)])
  }

  @Test func anotherFormatOrKindIsNoted() {
    let headers = [
      Self.header(257, Array("ustar  \0".utf8)), Self.header(257, [0, 0, 0, 0, 0, 0, 0, 0]),
      Self.header(156, [UInt8(ascii: "2")], size: 0),
      Self.header(156, [UInt8(ascii: "1")], size: 0),
      Self.header(156, [UInt8(ascii: "5")], size: 0),
      Self.header(156, [UInt8(ascii: "6")], size: 0),
      Self.header(100, Array("0000755".utf8)), Self.header(108, Array("0000001".utf8)),
      Self.header(116, Array("0000001".utf8)), Self.header(136, Array("00000000001".utf8)),
    ]
    for (index, header) in headers.enumerated() {
      let hasContent = !(2..<6).contains(index)
      let (_, error) = read(
        header + (hasContent ? BundleForge.padded(Self.content) : []) + BundleForge.end)
      #expect(error?.reason == .notTar, "\(index)")
    }
  }

  @Test(arguments: [1, -1, 512, -512, 1 << 20, -(1 << 20)])
  func contentThatLiesElsewhereIsNoted(shift: Int) {
    #expect(read(Self.sound, part: Self.sound.count, shift: shift).error?.reason == .notTar)
    #expect(read(Self.sound, shift: shift).error?.reason == .notTar)
  }

  @Test func anArchiveThatEndsInAMemberIsNoted() {
    for size in [100, 512, 513, 600] {
      #expect(read(Array(Self.sound.prefix(size))).error?.reason == .notTar, "\(size)")
    }
  }

  @Test func theErrorOfWhoeverGivesThePartsComesBack() {
    let failure = BundleError.damaged(.checksum, "of a frame")
    for size in [0, 512, 1024] {
      #expect(read(Array(Self.sound.prefix(size)), failure: failure).error == failure, "\(size)")
    }
  }
}
