package import Files

/// What a program wrote to its output and errors, of any length. The first and the last bytes are
/// kept, with a line between them that says how many were left out.
///
/// The beginning goes to the file as it comes; the end is held in memory until `finish`. If the
/// file cannot be written, nothing stops: `fault` says why.
package final class BoundedLog {
  /// How many bytes are kept of the beginning and of the end.
  package static let endBytes = 8 << 20

  private let most: Int
  private var file: LogFile?
  private var head = 0
  /// The last bytes after the head. Once there are as many as are kept, the oldest is at `oldest`.
  private var ring: [UInt8] = []
  private var oldest = 0
  private var behindHead = 0

  /// Why the log is not whole; nil while it is.
  package private(set) var fault: FileError?

  package init(path: String, endBytes: Int = BoundedLog.endBytes) throws(FileError) {
    most = endBytes
    file = try LogFile(path)
  }

  package func append(_ bytes: ArraySlice<UInt8>) {
    let beginning = bytes.prefix(most - head)
    if !beginning.isEmpty {
      head += beginning.count
      write(beginning)
    }
    let rest = bytes.dropFirst(beginning.count)
    behindHead += rest.count
    for part in [rest.suffix(most)] where !part.isEmpty {
      let room = most - ring.count
      ring += part.prefix(room)
      var left = part.dropFirst(room)
      while !left.isEmpty {
        let piece = left.prefix(most - oldest)
        ring.replaceSubrange(oldest..<oldest + piece.count, with: piece)
        oldest = (oldest + piece.count) % most
        left = left.dropFirst(piece.count)
      }
    }
  }

  /// How many bytes belong to neither end.
  package var leftOut: Int { max(0, behindHead - most) }

  /// Writes the end, and brings everything to disk.
  package func finish() {
    if leftOut > 0 { write(Array("\n[regrok: \(leftOut) bytes left out here]\n".utf8)[...]) }
    write(ring[oldest...])
    write(ring[..<oldest])
    ring = []
    do throws(FileError) {
      try file?.finish()
    } catch {
      fail(error)
    }
    file = nil
  }

  private func write(_ bytes: ArraySlice<UInt8>) {
    guard let file, !bytes.isEmpty else { return }
    do throws(FileError) {
      try file.write(bytes)
    } catch {
      fail(error)
    }
  }

  private func fail(_ error: FileError) {
    if fault == nil { fault = error }
    file = nil
  }
}
