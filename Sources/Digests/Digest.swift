/// A SHA-256 digest (FIPS 180-4).
public struct Digest: Sendable, Hashable {
  /// The bytes as big-endian numbers. They are stored in the value, as a trace has many digests.
  private var words = SIMD4<UInt64>()

  /// 32 bytes.
  public var bytes: [UInt8] {
    (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> (56 - 8 * UInt64($0 % 8))) }
  }

  /// - Precondition: `bytes` holds 32 bytes.
  public init(bytes: some Collection<UInt8>) {
    precondition(bytes.count == 32, "a SHA-256 digest has 32 bytes, not \(bytes.count)")
    for (index, byte) in bytes.enumerated() {
      words[index / 8] = words[index / 8] << 8 | UInt64(byte)
    }
  }

  /// The digest of `content`.
  public init(of content: [UInt8]) { self.init(of: content[...]) }

  /// The digest of `content`.
  public init(of content: ArraySlice<UInt8>) {
    var hasher = Hasher()
    hasher.update(content)
    self = hasher.finish()
  }

  /// Reads 64 lowercase hexadecimal digits; nil for anything else.
  public init?(hex: some StringProtocol) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    for index in words.indices {
      var word: UInt64 = 0
      for digit in digits[16 * index..<16 * index + 16] {
        guard let value = Self.value(of: digit) else { return nil }
        word = word << 4 | UInt64(value)
      }
      words[index] = word
    }
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
    for index in words.indices {
      for shift in stride(from: 60, through: 0, by: -4) {
        text.append(digits[Int(words[index] >> UInt64(shift) & 15)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension Digest: CustomStringConvertible {
  public var description: String { hex }
}
