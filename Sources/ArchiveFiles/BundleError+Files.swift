package import Archive
package import Files

extension BundleError {
  /// A failure of the file system, said of the file it concerns.
  package init(_ error: FileError) { self = .inputOutput(path: error.path, detail: error.detail) }
}

/// Does `work` on the file system.
package func onDisk<Value>(
  _ work: @autoclosure () throws(FileError) -> Value
) throws(BundleError) -> Value {
  do {
    return try work()
  } catch {
    throw BundleError(error)
  }
}
