package import Archive
package import Files

extension BundleError {
  /// A failure of the file system, with the path that it concerns.
  package init(_ error: FileError) { self = .inputOutput(path: error.path, detail: error.detail) }
}

/// Does `work` on the file system; a failure becomes a `BundleError`.
package func onDisk<Value>(
  _ work: @autoclosure () throws(FileError) -> Value
) throws(BundleError) -> Value {
  do {
    return try work()
  } catch {
    throw BundleError(error)
  }
}
