/// The bytes of a file that is read piece by piece, as it may be larger than memory.
public struct FileContent: Sendable {
  public let size: Int
  /// Reads a range within the file. Most ranges begin where the last one ended.
  private let read: @Sendable (Range<Int>) throws -> [UInt8]

  /// - Parameter read: Returns exactly the bytes of a range that lies within the file, or throws.
  public init(size: Int, read: @escaping @Sendable (Range<Int>) throws -> [UInt8]) {
    precondition(size >= 0, "a file of \(size) bytes")
    self.size = size
    self.read = read
  }

  public init(_ bytes: [UInt8]) {
    self.init(size: bytes.count) { Array(bytes[$0]) }
  }

  /// - Precondition: The range lies within the file.
  func bytes(_ range: Range<Int>) throws -> [UInt8] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= size, "bytes \(range) of a file of \(size)")
    if range.isEmpty { return [] }
    let bytes = try read(range)
    precondition(bytes.count == range.count, "\(bytes.count) bytes were read for \(range)")
    return bytes
  }

  /// How many bytes are read at once: a whole number of values of every type.
  static let piece = 1 << 20
}
