package import Archive
private import CZstd

#if canImport(Files)
  private import Files
#endif

/// Decompresses frames whose `FrameHeader` has been read.
///
/// One thread uses it at a time.
@safe package final class FrameDecompressor: FrameUnpacker {
  private let context: OpaquePointer

  package init() {
    guard let context = unsafe ZSTD_createDCtx() else { endOutOfMemory() }
    unsafe self.context = context
    let code = unsafe ZSTD_DCtx_setParameter(
      context, ZSTD_d_windowLogMax, Int32(FrameHeader.windowLogMax))
    precondition(ZSTD_isError(code) == 0, "libzstd refused a parameter")
  }

  deinit { _ = unsafe ZSTD_freeDCtx(context) }

  /// The content of a frame, which must be the whole of `frame` and hold exactly `contentSize`
  /// bytes.
  package func decompress(
    _ frame: [UInt8], contentSize: Int
  ) throws(BundleError) -> [UInt8] {
    var code = 0
    // SAFETY: libzstd writes at most `contentSize` bytes and reads only the frame's; it keeps no
    // pointer. `initialized` is the number of bytes that libzstd says it has written.
    let content = unsafe [UInt8](unsafeUninitializedCapacity: contentSize) { content, initialized in
      unsafe frame.withUnsafeBytes {
        // Only one frame is allowed: ZSTD_decompressDCtx would continue with those after it.
        code = unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count)
        guard code == $0.count else { return }
        code = unsafe ZSTD_decompressDCtx(
          context, content.baseAddress, contentSize, $0.baseAddress, $0.count)
        if ZSTD_isError(code) == 0 { initialized = code }
      }
    }
    try check(code)
    guard content.count == contentSize else {
      throw .damaged(.size, "a frame does not end where the seek table says")
    }
    return content
  }

  /// The first `count` bytes of a frame's content. `frame` is the beginning of the frame.
  func prefix(of frame: [UInt8], count: Int) throws(BundleError) -> [UInt8] {
    var code = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    // SAFETY: libzstd writes at most `count` bytes and reads within the frame's; no pointer is kept
    // beyond the reset.
    let content = unsafe [UInt8](unsafeUninitializedCapacity: count) { content, initialized in
      unsafe frame.withUnsafeBytes {
        var input = unsafe ZSTD_inBuffer(src: $0.baseAddress, size: $0.count, pos: 0)
        var output = unsafe ZSTD_outBuffer(dst: content.baseAddress, size: count, pos: 0)
        while unsafe output.pos < count && input.pos < input.size {
          code = unsafe ZSTD_decompressStream(context, &output, &input)
          if ZSTD_isError(code) != 0 || code == 0 { break }
        }
        initialized = unsafe output.pos
      }
    }
    _ = unsafe ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
    try check(code)
    guard content.count == count else { throw .damaged(.size, "a frame has too little content") }
    return content
  }

  private func check(_ code: Int) throws(BundleError) {
    guard ZSTD_isError(code) != 0 else { return }
    // SAFETY: the name is a static string of the library.
    let name = unsafe String(cString: ZSTD_getErrorName(code))
    switch ZSTD_getErrorCode(code) {
    case ZSTD_error_memory_allocation: endOutOfMemory()
    case ZSTD_error_dstSize_tooSmall: throw .damaged(.size, "a frame holds more than it says")
    case ZSTD_error_frameParameter_windowTooLarge: throw .damaged(.window, name)
    case ZSTD_error_srcSize_wrong: throw .damaged(.truncated, "a frame ends too early")
    default: throw .damaged(.checksum, "of a frame: \(name)")
    }
  }
}
