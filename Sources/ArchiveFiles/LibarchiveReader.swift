import Archive
private import CArchive
private import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Reads the tar stream of a bundle a second time, with libarchive, to be sure that other tools
/// read it as ours does.
///
/// It pulls the stream part by part. No filter, and no format but tar, is enabled.
@safe final class LibarchiveReader {
  /// A member as libarchive sees it.
  struct Member: Hashable {
    var name: String
    var size: Int
  }

  private let handle: OpaquePointer
  private let next: () throws(BundleError) -> [UInt8]?
  private var failure: BundleError?
  /// The part of the stream that libarchive is reading. It may point into this buffer until it asks
  /// for the next part.
  private let buffer: UnsafeMutableRawBufferPointer
  private var filled = 0
  /// Where the part begins in the stream.
  private var position = 0

  /// - Parameters:
  ///   - largestPart: The most bytes of a part.
  ///   - next: The next part of the stream; nil at the end.
  init(largestPart: Int, next: @escaping () throws(BundleError) -> [UInt8]?) {
    guard let handle = unsafe archive_read_new() else { endOutOfMemory() }
    unsafe self.handle = handle
    self.next = next
    unsafe buffer = .allocate(byteCount: largestPart, alignment: 16)
  }

  deinit {
    _ = unsafe archive_read_free(handle)
    unsafe buffer.deallocate()
  }

  /// Reads to the end mark.
  ///
  /// - Parameter check: Receives member `index` as libarchive sees it, and returns where its
  ///   content begins in the stream. Throws if it is not the expected member.
  /// - Returns: The number of members.
  func read(
    check: (_ index: Int, Member) throws(BundleError) -> Int
  ) throws(BundleError) -> Int {
    try expectOK(unsafe archive_read_support_filter_none(handle))
    try expectOK(unsafe archive_read_support_format_tar(handle))
    // SAFETY: the callback runs only inside calls of this method, which holds `self`.
    let this = unsafe Unmanaged.passUnretained(self).toOpaque()
    try expectOK(
      unsafe archive_read_open(
        handle, this, nil,
        { _, this, part in unsafe LibarchiveReader.callback(this, part) }, nil))
    var count = 0
    while true {
      var entry: OpaquePointer?
      let code = unsafe archive_read_next_header(handle, &entry)
      if code == ARCHIVE_EOF && failure == nil { return count }
      try expectOK(code)
      guard unsafe archive_format(handle) == ARCHIVE_FORMAT_TAR_USTAR, let entry = unsafe entry
      else { throw disagreement("it is not of POSIX ustar") }
      unsafe try expectPlain(entry)
      guard let name = unsafe archive_entry_pathname(entry) else {
        throw disagreement("a name is missing")
      }
      let member = unsafe Member(
        name: String(cString: name), size: Int(archive_entry_size(entry)))
      let start = try check(count, member)
      try compareContent(of: member, start: start)
      count += 1
    }
  }

  private func expectPlain(_ entry: OpaquePointer) throws(BundleError) {
    let isPlain =
      unsafe archive_entry_filetype(entry) == S_IFREG && archive_entry_perm(entry) == 0o644
      && archive_entry_uid(entry) == 0 && archive_entry_gid(entry) == 0
      && archive_entry_mtime(entry) == 0 && archive_entry_hardlink(entry) == nil
      && archive_entry_symlink(entry) == nil
    guard isPlain else { throw disagreement("a member is not a plain file") }
  }

  private func compareContent(of member: Member, start: Int) throws(BundleError) {
    var read = 0
    while true {
      var block: UnsafeRawPointer?
      var size = 0
      var offset: Int64 = 0
      let code = unsafe archive_read_data_block(handle, &block, &size, &offset)
      if code == ARCHIVE_EOF && failure == nil { break }
      try expectOK(code)
      if size == 0 { continue }
      // Our own reader has seen these bytes: the buffer still holds the part that libarchive reads.
      let place = start + read - position
      guard offset == read, place >= 0, size <= filled - place, let block = unsafe block else {
        throw disagreement("\(member.name) lies elsewhere")
      }
      // SAFETY: `place` and `size` were just bounded by the filled part of the buffer.
      let expected = unsafe UnsafeRawPointer(buffer.baseAddress!) + place
      guard unsafe block == expected || memcmp(block, expected, size) == 0 else {
        throw disagreement("the bytes of \(member.name) differ")
      }
      read += size
    }
    guard read == member.size else { throw disagreement("\(member.name) has another length") }
  }

  /// Throws for any code but `ARCHIVE_OK`; callers handle `ARCHIVE_EOF` first.
  private func expectOK(_ code: Int32) throws(BundleError) {
    if let failure { throw failure }
    guard code == ARCHIVE_OK else {
      // SAFETY: the message is a terminated string of the handle, copied at once.
      if unsafe archive_errno(handle) == ENOMEM { endOutOfMemory() }
      let message = unsafe archive_error_string(handle).map { unsafe String(cString: $0) }
      throw disagreement(message ?? "it gives the code \(code)")
    }
  }

  private func disagreement(_ detail: String) -> BundleError {
    .damaged(.notTar, "libarchive reads the archive otherwise: \(detail)")
  }

  private static func callback(
    _ this: UnsafeMutableRawPointer?, _ part: UnsafeMutablePointer<UnsafeRawPointer?>?
  ) -> Int {
    // SAFETY: `this` is the reader that opened the archive and is still in `read`; `part` is
    // libarchive's own.
    let reader = unsafe Unmanaged<LibarchiveReader>.fromOpaque(this!).takeUnretainedValue()
    do throws(BundleError) {
      guard let bytes = try reader.next() else { return 0 }
      unsafe precondition(bytes.count <= reader.buffer.count, "a part of \(bytes.count) bytes")
      unsafe reader.buffer.copyBytes(from: bytes)
      reader.position += reader.filled
      reader.filled = bytes.count
      unsafe part!.pointee = UnsafeRawPointer(reader.buffer.baseAddress)
      return bytes.count
    } catch {
      reader.failure = error
      return Int(ARCHIVE_FATAL)
    }
  }
}
