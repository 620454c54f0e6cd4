import Digests
package import Files
internal import RunRecords

/// The inputs of a program in its working directory: copies for it alone, all with the same date.
package struct InputStaging: Sendable {
  package struct Staged: Sendable {
    package var input: ProgramInputs.Input
    /// The status of what is in the directory before the program runs.
    package var status: FileStatus
    /// Whether it is a link to the original file, which was too large to be copied.
    package var isLinked: Bool
  }

  /// The staged inputs by path.
  package private(set) var staged: [String: Staged] = [:]

  /// 2020-01-01: a date that every archive and build tool accepts.
  package static let modifiedSeconds = 1_577_836_800
  /// The largest file that is copied if blocks cannot be shared.
  package static let largestCopy = 1 << 30

  /// Puts the inputs into an empty directory.
  ///
  /// - Parameter largestCopy: Tests set it.
  package init(
    _ inputs: ProgramInputs, in directory: String, largestCopy: Int = Self.largestCopy
  ) throws(ProgramError) {
    var folders: Set<String> = []
    for input in inputs.inputs {
      let path = directory + "/" + input.path
      let folder = PathParts.split(path).folder
      if folders.insert(folder).inserted { try onDisk(try FileTree.makeDirectory(folder)) }
      let isLinked = try Self.put(input, at: path, largestCopy: largestCopy)
      staged[input.path] = Staged(
        input: input, status: try onDisk(try FileStatus(ofLink: path)), isLinked: isLinked)
    }
  }

  /// Inputs that the program uses where they are.
  package init(here inputs: ProgramInputs) {
    for input in inputs.inputs {
      staged[input.path] = Staged(input: input, status: input.status, isLinked: false)
    }
  }

  /// Puts an input at `path`. Returns whether it is a link.
  private static func put(
    _ input: ProgramInputs.Input, at path: String, largestCopy: Int
  ) throws(ProgramError) -> Bool {
    let isExecutable = input.status.isExecutable
    if input.status.size > largestCopy {
      let isCloned = try onDisk(
        try FileTree.clone(input.source, to: path, isExecutable: isExecutable))
      guard isCloned else {
        try onDisk(try FileTree.link(path, to: input.source))
        return true
      }
      try checkUnchanged(input)
    } else {
      var hasher = Digest.Hasher()
      let copy = try onDisk(
        try FileTree.copy(input.source, to: path, isExecutable: isExecutable) { hasher.update($0) })
      switch copy {
      case .cloned: try checkUnchanged(input)
      case .copied: if hasher.finish() != input.digest { throw changed(input) }
      }
    }
    try onDisk(try FileTree.setModified(path, seconds: modifiedSeconds))
    return false
  }

  private static func changed(_ input: ProgramInputs.Input) -> ProgramError {
    .input(path: input.path, reason: "it was changed while it was being recorded")
  }

  private static func checkUnchanged(_ input: ProgramInputs.Input) throws(ProgramError) {
    guard try onDisk(try FileStatus(of: input.source)) == input.status else {
      throw changed(input)
    }
  }
}

// MARK: Afterwards

extension InputStaging {
  /// Whether the file at this path is still an input as it was staged.
  ///
  /// - Parameter status: The status of what has the path now.
  func isUnchanged(
    _ path: String, in directory: String, _ status: FileStatus
  ) throws(ProgramError) -> Bool {
    guard let staged = staged[path] else { return false }
    if status == staged.status { return true }
    // The status changes if the same content was written again, or if something noted an access.
    guard status.kind == .file, status.size == staged.input.status.size else { return false }
    return try Self.digest(of: directory + "/" + path) == staged.input.digest
  }

  /// Inputs that the program had as links, and whose files have changed.
  package func changedLinks() -> [String] {
    staged.filter { _, staged in
      guard staged.isLinked, (try? FileStatus(of: staged.input.source)) != staged.input.status
      else { return false }
      return (try? Self.digest(of: staged.input.source)) != staged.input.digest
    }.map(\.key).sorted()
  }

  static func digest(of path: String) throws(ProgramError) -> Digest {
    var hasher = Digest.Hasher()
    try onDisk(try FileTree.read(path) { hasher.update($0) })
    return hasher.finish()
  }
}
