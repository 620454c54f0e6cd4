/// A directory that has something of others in it.
package enum OccupiedDirectory {
  /// Why nothing of a run is put into it, and what to do.
  package static func reason(_ path: String, has other: String) -> String {
    "not a run directory, and not empty: it has \(other); a new directory will do, as "
      + "-o \(ShellWord.path(path + "/run"))"
  }
}
