/// A directory that holds something else.
package enum OccupiedDirectory {
  /// Why no run is put into it, and what to do.
  package static func reason(_ path: String, has other: String) -> String {
    "it is not empty, and not a run directory: it has \(other); give a new directory, e.g. "
      + "-o \(ShellWord.path(path + "/run"))"
  }
}
