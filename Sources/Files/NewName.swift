private import CSystem

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// Gives a new file or directory its name, if nothing has that name.
enum NewName {
  /// Renames a file without ever replacing anything. Where the file system has no such rename, it
  /// makes a hard link; the temporary name may then stay beside it.
  ///
  /// - Returns: Whether it has the name; false if something had it before.
  static func give(_ path: String, toFile temporary: String) throws(FileError) -> Bool {
    if let code = renameWithoutReplacing(temporary, path) {
      return try answer(code, path)
    }
    if unsafe link(temporary, path) == 0 { return true }
    switch errno {
    case EPERM, ENOTSUP, EOPNOTSUPP, ENOSYS, EINVAL:
      throw .unfit(
        path: path,
        reason:
          "this file system can neither rename without replacing nor link, so nothing is given "
          + "this name")
    default: return try answer(errno, path)
    }
  }

  /// The same for a directory. Where the file system cannot rename without replacing, an empty
  /// directory takes the name first; the rename can replace nothing but that.
  static func give(_ path: String, toDirectory temporary: String) throws(FileError) -> Bool {
    if let code = renameWithoutReplacing(temporary, path) {
      return try answer(code, path)
    }
    guard unsafe mkdir(path, 0o755) == 0 else { return try answer(errno, path) }
    guard unsafe rename(temporary, path) == 0 else {
      let code = errno
      _ = unsafe rmdir(path)
      return try answer(code, path)
    }
    return true
  }

  private static func answer(_ code: Int32, _ path: String) throws(FileError) -> Bool {
    switch code {
    case 0: return true
    case EEXIST: return false
    default: throw .system(operation: "rename", path: path, code: code)
    }
  }

  /// Returns the error number, or 0; nil if the system or the file system has no such rename.
  private static func renameWithoutReplacing(_ old: String, _ new: String) -> Int32? {
    #if canImport(Glibc)
      if unsafe system_renameat2(AT_FDCWD, old, AT_FDCWD, new, SYSTEM_RENAME_NOREPLACE) == 0 {
        return 0
      }
    #else
      if unsafe renamex_np(old, new, UInt32(RENAME_EXCL)) == 0 { return 0 }
    #endif
    let code = errno
    return [EINVAL, ENOSYS, ENOTSUP, EOPNOTSUPP].contains(code) ? nil : code
  }
}
