private import CZstd
private import Files

/// Compresses frames of the bundle with libzstd: each independent, with content size and checksum.
///
/// One thread uses it at a time.
@safe final class FrameCompressor {
  /// zstd 1.5.0 to 1.5.4 can corrupt data at level 16 and above. A bundle is read back after it is
  /// written in any case, and level 12 stays clear of the fault.
  static let levels = 1...12

  private let context: OpaquePointer

  /// - Precondition: `level` is one of `levels`.
  init(level: Int) {
    precondition(Self.levels.contains(level), "no level \(level)")
    guard let context = unsafe ZSTD_createCCtx() else { endOutOfMemory() }
    unsafe self.context = context
    set(ZSTD_c_compressionLevel, Int32(level))
    set(ZSTD_c_checksumFlag, 1)
    set(ZSTD_c_contentSizeFlag, 1)
  }

  deinit { _ = unsafe ZSTD_freeCCtx(context) }

  private func set(_ parameter: ZSTD_cParameter, _ value: Int32) {
    let code = unsafe ZSTD_CCtx_setParameter(context, parameter, value)
    precondition(ZSTD_isError(code) == 0, "libzstd refused a parameter")
  }

  /// One frame that holds `content`.
  func compress(_ content: [UInt8]) -> [UInt8] {
    let bound = ZSTD_compressBound(content.count)
    // SAFETY: libzstd writes at most `bound` bytes and reads exactly the content's; neither pointer
    // is kept.
    return unsafe [UInt8](unsafeUninitializedCapacity: bound) { frame, initialized in
      initialized = unsafe content.withUnsafeBytes {
        let code = unsafe ZSTD_compress2(
          context, frame.baseAddress, bound, $0.baseAddress, $0.count)
        // The buffer is large enough, so only memory can be lacking.
        if ZSTD_isError(code) != 0 { endOutOfMemory() }
        return code
      }
    }
  }
}
