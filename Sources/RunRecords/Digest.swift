private import Crypto

/// A SHA-256 digest (FIPS 180-4).
public struct Digest: Sendable, Hashable {
  /// 32 bytes.
  public let bytes: [UInt8]

  /// - Precondition: `bytes` holds 32 bytes.
  public init(bytes: [UInt8]) {
    precondition(bytes.count == 32, "a SHA-256 digest has 32 bytes, not \(bytes.count)")
    self.bytes = bytes
  }

  /// The digest of `content`.
  public init(of content: [UInt8]) {
    var hasher = Hasher()
    hasher.update(content)
    self = hasher.finish()
  }

  /// The digest of `content`.
  public init(of content: ArraySlice<UInt8>) {
    var hasher = Hasher()
    hasher.update(content)
    self = hasher.finish()
  }

  /// Reads 64 lowercase hexadecimal digits; nil for anything else.
  public init?(hex: some StringProtocol) {
    guard hex.utf8.count == 64 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    var high: UInt8?
    for digit in hex.utf8 {
      guard let value = Self.value(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    self.bytes = bytes
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// 64 lowercase hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Digest: CustomStringConvertible {
  public var description: String { hex }
}

extension Digest {
  /// A digest in the making.
  public struct Hasher: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ content: [UInt8]) {
      unsafe content.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    public mutating func update(_ content: ArraySlice<UInt8>) {
      unsafe content.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// Adds raw memory; the pointer is not kept.
    @unsafe public mutating func update(_ content: UnsafeRawBufferPointer) {
      unsafe state.update(bufferPointer: content)
    }

    public consuming func finish() -> Digest {
      Digest(bytes: Array(state.finalize()))
    }
  }
}
