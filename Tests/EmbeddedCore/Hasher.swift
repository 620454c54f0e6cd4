// In the place of Sources/Digests/Hasher.swift where there is no swift-crypto: the host's SHA-256.

@_extern(c, "host_sha256")
private func hostSHA256(
  _ content: UnsafePointer<UInt8>?, _ count: Int, _ digest: UnsafeMutablePointer<UInt8>
)

extension Digest {
  /// A digest in the making. The host takes all at once.
  public struct Hasher: Sendable {
    private var content: [UInt8] = []

    public init() {}

    public mutating func update(_ content: [UInt8]) { self.content += content }

    public mutating func update(_ content: ArraySlice<UInt8>) { self.content += content }

    /// Adds raw memory; the pointer is not kept.
    @unsafe public mutating func update(_ content: UnsafeRawBufferPointer) {
      unsafe self.content.append(contentsOf: content)
    }

    public consuming func finish() -> Digest {
      var digest: [UInt8] = Array(repeating: 0, count: 32)
      unsafe content.withUnsafeBufferPointer { bytes in
        unsafe digest.withUnsafeMutableBufferPointer { digest in
          unsafe hostSHA256(bytes.baseAddress, bytes.count, digest.baseAddress!)
        }
      }
      return Digest(bytes: digest)
    }
  }
}
