private import Files
import RunRecords

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Finds what may be runs or their spectra, in a directory and below it.
///
/// Hidden names are skipped, and so is everything inside a run's directory. Links are not followed,
/// except for the directory itself.
struct DirectoryWalk {
  /// Paths of bundles (by their names) and of run directories, sorted.
  private(set) var runs: [String] = []
  /// Files `spectra/*.csv`, sorted.
  private(set) var spectra: [String] = []
  /// What could not be read, or is not what its name says.
  private(set) var leftOut: [AnalysisError] = []

  private enum Kind { case file, directory, link, other }

  /// - Parameter most: How many files and directories may lie there; nil for no limit.
  init(below directory: String, most: Int? = nil) throws(AnalysisError) {
    var open = [Self.withoutSlash(directory)]
    var isFirst = true
    var count = 0
    while let folder = open.popLast() {
      let names: [String]
      do throws(AnalysisError) {
        names = try list(folder)
      } catch {
        if isFirst { throw error }
        leftOut.append(error)
        continue
      }
      isFirst = false
      count += names.count
      if let most, count > most {
        throw .unreadable(
          path: directory,
          reason:
            "more than \(most) files and directories lie below it; a narrower one has to be named")
      }
      for name in names where !name.hasPrefix(".") {
        look(at: folder == "/" ? "/" + name : folder + "/" + name, name, in: folder, &open)
      }
    }
    runs.sort()
    spectra.sort()
  }

  private mutating func look(
    at path: String, _ name: String, in folder: String, _ open: inout [String]
  ) {
    let isBundle = name.hasSuffix(".tar.zst")
    let isSpectrum = name.hasSuffix(".csv") && Self.lastPart(folder) == "spectra"
    switch Self.kind(of: path, followingLinks: false) {
    case .failure(let error): leftOut.append(error)
    case .success(.file):
      if isBundle { runs.append(path) }
      if isSpectrum { spectra.append(path) }
    case .success(.directory):
      if Self.isRunDirectory(path) {
        runs.append(path)
      } else {
        if isBundle {
          leftOut.append(.foreign(path: path, reason: "it is a directory, but not of a run"))
        }
        open.append(path)
      }
    case .success(.link):
      let target = try? Self.kind(of: path, followingLinks: true).get()
      if isBundle || isSpectrum || target == .directory {
        leftOut.append(
          .unreadable(path: path, reason: "it is a symbolic link, and links are not followed"))
      }
    case .success(.other):
      if isBundle || isSpectrum {
        leftOut.append(.unreadable(path: path, reason: "it is not a regular file"))
      }
    }
  }

  /// The names in a directory. Names that are not UTF-8 go to `leftOut`.
  private mutating func list(_ path: String) throws(AnalysisError) -> [String] {
    guard let directory = unsafe opendir(path) else {
      throw .unreadable(path: path, reason: systemMessage(errno))
    }
    defer { _ = unsafe closedir(directory) }
    var names: [String] = []
    errno = 0
    while let entry = unsafe readdir(directory) {
      // SAFETY: the name ends with NUL and lives until the next call of readdir.
      let bytes = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe Array(bytes.prefix { $0 != 0 })
      }
      if let name = String(validating: bytes, as: UTF8.self) {
        if name != "." && name != ".." { names.append(name) }
      } else {
        leftOut.append(
          .unreadable(
            path: path + "/" + String(decoding: bytes, as: UTF8.self),
            reason: "its name is not UTF-8"))
      }
      errno = 0
    }
    guard errno == 0 else { throw .unreadable(path: path, reason: systemMessage(errno)) }
    return names
  }
}

// MARK: Single paths

extension DirectoryWalk {
  /// Whether a path that somebody has named is a directory; a link to one counts.
  static func isDirectory(_ path: String) throws(AnalysisError) -> Bool {
    try kind(of: path, followingLinks: true).get() == .directory
  }

  static func isRunDirectory(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path + "/config.json", &status) == 0
      || lstat(path + "/" + ProgramSpec.fileName, &status) == 0
  }

  static func withoutSlash(_ path: String) -> String {
    var path = path
    while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
    return path
  }

  private static func lastPart(_ path: String) -> Substring {
    path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...]
  }

  private static func kind(of path: String, followingLinks: Bool) -> Result<Kind, AnalysisError> {
    var status = stat()
    let failed = unsafe followingLinks ? stat(path, &status) : lstat(path, &status)
    guard failed == 0 else {
      return .failure(.unreadable(path: path, reason: systemMessage(errno)))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .success(.file)
    case S_IFDIR: return .success(.directory)
    case S_IFLNK: return .success(.link)
    default: return .success(.other)
    }
  }

  /// The content of a regular file of at most `most` bytes; a link to one is followed.
  static func content(of path: String, most: Int) throws(AnalysisError) -> [UInt8] {
    do {
      return try FileReading.content(of: path, limit: most, from: .linkedFile)
    } catch {
      switch error {
      case .tooLarge: throw .foreign(path: path, reason: error.detail)
      case .system, .unfit, .busy: throw .unreadable(path: path, reason: error.detail)
      }
    }
  }
}
