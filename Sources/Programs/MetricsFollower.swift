private import Files
package import RunRecords

/// Follows the curves that a program writes while it runs.
///
/// Starts again at the beginning if another file has the name, if the file is shorter, or if its
/// beginning has changed.
package final class MetricsFollower {
  private let paths: [String]
  private let metrics: ProgramSpec.Metrics
  /// The status of files that were there before the program.
  private let before: [String: FileStatus]
  private var path: String?
  private var status: FileStatus?
  private var offset = 0
  private var beginning: [UInt8] = []
  /// What has been read so far.
  package private(set) var reader: MetricsReader
  /// Why reading stopped. It does not stop the program.
  package private(set) var fault: MetricsFault?

  /// - Parameter folders: Where the program may write the file. The first folder that has it
  ///   counts.
  package init(_ metrics: ProgramSpec.Metrics, in folders: [String]) {
    self.metrics = metrics
    paths = MetricsReader.names(of: metrics.file).flatMap { name in folders.map { $0 + "/" + name }
    }
    var before: [String: FileStatus] = [:]
    for path in paths { before[path] = try? FileStatus(of: path) }
    self.before = before
    reader = Self.reader(metrics, at: metrics.file)
  }

  private static func reader(_ metrics: ProgramSpec.Metrics, at path: String) -> MetricsReader {
    MetricsReader(form: .init(fileName: path), step: metrics.step)
  }

  private static let beginningBytes = 4096

  /// Reads what has come since the last look. Returns whether there are more rows, or other rows.
  package func look() -> Bool {
    let found = paths.lazy.compactMap { [before] path -> (String, FileStatus)? in
      guard let status = try? FileStatus(of: path), status.kind == .file, status != before[path]
      else { return nil }
      return (path, status)
    }.first
    guard let (path, status) = found, status != self.status || path != self.path else {
      return false
    }
    if path != self.path || status.inode != self.status?.inode || status.size < offset
      || !hasSameBeginning(path)
    {
      self.path = path
      offset = 0
      beginning = []
      reader = Self.reader(metrics, at: path)
      fault = nil
    }
    self.status = status
    guard fault == nil else { return false }
    let rows = reader.rows
    var pieces: [ArraySlice<UInt8>] = []
    // One byte more than the reader takes, so that it refuses what is longer.
    let most = MetricsReader.largestFile + 1 - offset
    guard (try? FileTree.read(path, from: offset, most: most, { pieces.append($0) })) != nil else {
      return false
    }
    for piece in pieces {
      offset += piece.count
      beginning += piece.prefix(max(0, Self.beginningBytes - beginning.count))
      do {
        try reader.append(piece)
      } catch {
        fault = error
        return true
      }
    }
    return reader.rows != rows
  }

  private func hasSameBeginning(_ path: String) -> Bool {
    var read: [UInt8] = []
    try? FileTree.read(path, most: beginning.count) { read += $0 }
    return read == beginning
  }
}
