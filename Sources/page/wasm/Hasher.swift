// In the place of Sources/Digests/Hasher.swift where there is no swift-crypto: SHA-256 of
// PyCryptodome.

@_extern(c, "SHA256_init")
private func begin(_ state: UnsafeMutablePointer<OpaquePointer?>) -> Int32
@_extern(c, "SHA256_destroy")
private func destroy(_ state: OpaquePointer) -> Int32
@_extern(c, "SHA256_update")
private func update(_ state: OpaquePointer, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Int32
@_extern(c, "SHA256_digest")
private func digest(
  _ state: OpaquePointer, _ digest: UnsafeMutablePointer<UInt8>, _ count: Int
) -> Int32
@_extern(c, "SHA256_copy")
private func copy(_ from: OpaquePointer, _ to: OpaquePointer) -> Int32

extension Digest {
  /// A digest in the making.
  public struct Hasher {
    private var state = State()

    public init() {}

    public mutating func update(_ content: [UInt8]) { update(content[...]) }

    public mutating func update(_ content: ArraySlice<UInt8>) {
      unsafe content.withUnsafeBytes { unsafe update($0) }
    }

    /// Adds raw memory; the pointer is not kept.
    @unsafe public mutating func update(_ content: UnsafeRawBufferPointer) {
      if !isKnownUniquelyReferenced(&state) { state = State(state) }
      unsafe state.update(content)
    }

    public consuming func finish() -> Digest { state.finish() }
  }

  @safe private final class State {
    private let handle: OpaquePointer

    init() {
      var handle: OpaquePointer?
      guard unsafe begin(&handle) == 0, let handle = unsafe handle else { fatalError("no memory") }
      unsafe self.handle = handle
    }

    convenience init(_ other: State) {
      self.init()
      _ = unsafe copy(other.handle, handle)
    }

    deinit { _ = unsafe destroy(handle) }

    @unsafe func update(_ content: UnsafeRawBufferPointer) {
      guard let base = content.baseAddress else { return }
      _ = unsafe Digests.update(
        handle, base.assumingMemoryBound(to: UInt8.self), content.count)
    }

    func finish() -> Digest {
      var bytes: [UInt8] = Array(repeating: 0, count: 32)
      // SAFETY: SHA-256 writes 32 bytes.
      unsafe bytes.withUnsafeMutableBufferPointer {
        _ = unsafe digest(handle, $0.baseAddress!, 32)
      }
      return Digest(bytes: bytes)
    }
  }
}
