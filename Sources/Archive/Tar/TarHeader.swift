/// The header of a member in the one form that a bundle allows: POSIX ustar, a regular file of mode
/// 0644, with owner, group and time 0 (SPEC.md, "The archive").
package struct TarHeader: Sendable, Hashable {
  package static let blockSize = 512
  /// Bytes of the name field; a longer name also uses the prefix field.
  package static let maximumNameSize = 100
  private static let prefixField = 345..<500

  package var name: String
  package var size: Int

  package init(name: String, size: Int) {
    self.name = name
    self.size = size
  }

  /// Whether the name needs both fields.
  package var usesPrefix: Bool { name.utf8.count > Self.maximumNameSize }

  /// Bytes of the member in the stream: header, content and padding.
  package var storedSize: Int { Self.storedSize(of: size) }

  /// The same for a member whose content has `size` bytes.
  package static func storedSize(of size: Int) -> Int { blockSize + padded(size) }

  /// `size` rounded up to whole blocks.
  package static func padded(_ size: Int) -> Int { (size + blockSize - 1) / blockSize * blockSize }

  /// The header as it stands in the stream.
  ///
  /// - Precondition: The name fits its fields, and the size fits eleven octal digits.
  package var block: [UInt8] {
    let bytes = Array(name.utf8)
    guard let slash = Self.split(bytes) else {
      preconditionFailure("\(name) is too long for a tar header")
    }
    precondition(size >= 0 && size >> 30 < 8, "\(size) bytes are too many for a tar header")
    var block = Self.constantFields
    let rest = slash == 0 ? bytes[...] : bytes[(slash + 1)...]
    block.replaceSubrange(0..<rest.count, with: rest)
    block.replaceSubrange(
      Self.prefixField.lowerBound..<Self.prefixField.lowerBound + slash, with: bytes[..<slash])
    block.replaceSubrange(124..<135, with: Self.octal(size, digits: 11))
    block.replaceSubrange(148..<156, with: Self.sumField(of: block))
    return block
  }

  /// Where a name is split into its two fields: at the leftmost slash that fits, which is dropped.
  /// 0 for a name that fits the first field whole; nil for a name that does not fit.
  private static func split(_ name: [UInt8]) -> Int? {
    if name.count <= maximumNameSize { return 0 }
    return name.indices.first { index in
      name[index] == UInt8(ascii: "/") && index > 0 && index <= prefixField.count
        && (1...maximumNameSize).contains(name.count - index - 1)
    }
  }

  /// A header without name, size and sum.
  private static let constantFields: [UInt8] = {
    var block = [UInt8](repeating: 0, count: blockSize)
    block.replaceSubrange(100..<107, with: "0000644".utf8)
    for field in [108, 116, 329, 337] {
      block.replaceSubrange(field..<field + 7, with: "0000000".utf8)
    }
    block.replaceSubrange(136..<147, with: "00000000000".utf8)
    block[156] = UInt8(ascii: "0")
    block.replaceSubrange(257..<265, with: Array("ustar\0".utf8) + Array("00".utf8))
    return block
  }()

  private static func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array(String(repeating: "0", count: digits - text.utf8.count).utf8) + Array(text.utf8)
  }

  /// The eight bytes of the sum field: six octal digits, NUL, space.
  private static func sumField(of block: [UInt8]) -> [UInt8] {
    var sum = 8 * Int(UInt8(ascii: " "))
    for (index, byte) in block.enumerated() where !(148..<156).contains(index) { sum += Int(byte) }
    return octal(sum, digits: 6) + [0, UInt8(ascii: " ")]
  }
}

// MARK: Reading

extension TarHeader {
  /// Reads a block that `block` could have written; throws for any other.
  ///
  /// - Parameter isFirst: Whether the block is the first of the stream. In the first block, another
  ///   magic means "not tar".
  package init(_ block: [UInt8], isFirst: Bool) throws(BundleError) {
    precondition(block.count == Self.blockSize, "\(block.count) bytes are no tar block")
    let nameField = block[0..<Self.maximumNameSize]
    let nameEnd = nameField.firstIndex(of: 0) ?? Self.maximumNameSize
    let prefixField = block[Self.prefixField]
    let prefixEnd = prefixField.firstIndex(of: 0) ?? Self.prefixField.upperBound
    let prefix = prefixField[..<prefixEnd]
    let nameBytes = (prefix.isEmpty ? [] : prefix + [UInt8(ascii: "/")]) + nameField[..<nameEnd]
    name = String(decoding: nameBytes, as: UTF8.self)
    size = 0
    func damaged(_ reason: BundleError.Reason, _ detail: String) -> BundleError {
      .damaged(reason, member: isFirst ? "" : name, detail: detail)
    }
    guard block[257..<265] == Self.constantFields[257..<265] else {
      if isFirst && !block[257..<262].elementsEqual("ustar".utf8) {
        throw damaged(.notTar, "the content is no tar archive")
      }
      throw damaged(.magic, "a header is not of POSIX ustar")
    }
    guard Array(block[148..<156]) == Self.sumField(of: block) else {
      throw damaged(.headerSum, "the sum of a header is wrong")
    }
    guard block[156] == UInt8(ascii: "0") else {
      throw damaged(.type, "it is not a regular file")
    }
    for (field, digits) in [(100, 7), (108, 7), (116, 7), (124, 11), (136, 11), (329, 7), (337, 7)]
    {
      let isOctal = block[field..<field + digits].allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0)
      }
      guard isOctal, block[field + digits] == 0 else {
        throw damaged(.headerNumber, "a number of a header is not \(digits) octal digits and NUL")
      }
    }
    var stated: UInt64 = 0
    for digit in block[124..<135] { stated = stated << 3 | UInt64(digit - UInt8(ascii: "0")) }
    // Eleven octal digits always fit, except where integers have 32 bits.
    guard let size = Int(exactly: stated) else {
      throw damaged(.size, "it is longer than \(Int.max) bytes")
    }
    self.size = size
    guard nameEnd > 0, nameField[..<nameEnd].allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
      throw damaged(.name, "the name is empty or not printable ASCII")
    }
    guard prefix.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }), self.block == block else {
      throw damaged(.metadata, "a header has a mode, an owner, a time or other data of its own")
    }
  }
}
