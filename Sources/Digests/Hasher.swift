private import Crypto

extension Digest {
  /// Computes a digest part by part.
  public struct Hasher: Sendable {
    private var state = SHA256()

    public init() {}

    public mutating func update(_ content: [UInt8]) { update(content[...]) }

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
