package import Archive

/// Bytes that can be read at any place.
package protocol PlacedBytes: Sendable {
  func bytes(_ range: Range<Int>) throws(BundleError) -> [UInt8]
}

/// A stream of bytes from memory and files, read in parts of any length.
package struct TarStream {
  package enum Part {
    case bytes([UInt8])
    case file(path: String, size: Int)
    case zeros(Int)
    case content(any PlacedBytes, size: Int)
  }

  private var parts: ArraySlice<Part>
  /// Bytes of the first part that have been read.
  private var position = 0
  /// The file of the first part, while it is read.
  private var file: BundleFile?

  package init(parts: [Part]) { self.parts = parts[...] }

  /// The next `count` bytes; fewer at the end.
  mutating func read(_ count: Int) throws(BundleError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count, let part = parts.first {
      let wanted = count - bytes.count
      let size: Int
      switch part {
      case .bytes(let content):
        size = content.count
        bytes += content[position..<min(position + wanted, size)]
      case .zeros(let number):
        size = number
        bytes += repeatElement(0, count: min(wanted, size - position))
      case .content(let content, let number):
        size = number
        bytes += try content.bytes(position..<min(position + wanted, size))
      case .file(let path, let number):
        size = number
        if file == nil { file = try BundleFile(path: path) }
        guard let file, file.size == size else {
          throw .inputOutput(path: path, detail: "the file was changed while it was packed")
        }
        try file.read(at: position, count: min(wanted, size - position), onto: &bytes)
      }
      position += min(wanted, size - position)
      if position == size {
        parts.removeFirst()
        position = 0
        file = nil
      }
    }
    return bytes
  }
}
