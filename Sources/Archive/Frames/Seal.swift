package import Digests

/// The skippable frame before the seek table: a label and the SHA-256 of every byte of the file
/// before it.
package enum Seal {
  package static let frameMagic: UInt32 = 0x184d_2a50
  package static let size = 48
  private static let label = Array("rgk-seal".utf8)

  /// The whole frame.
  package static func bytes(_ digest: Digest) -> [UInt8] {
    frameMagic.littleEndianBytes + UInt32(label.count + 32).littleEndianBytes + label + digest.bytes
  }

  /// The digest that a frame records; nil if the bytes are no seal.
  package static func digest(in frame: [UInt8]) -> Digest? {
    guard frame.count == size else { return nil }
    let digest = Digest(bytes: Array(frame.suffix(32)))
    return bytes(digest) == frame ? digest : nil
  }
}
