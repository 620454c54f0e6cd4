import Digests
package import Files
internal import RunRecords

/// The inputs of a program in the directory in which it runs: copies of its own, all with one date.
package struct InputStaging: Sendable {
  package struct Staged: Sendable {
    package var input: ProgramInputs.Input
    /// Of what stands in the directory, before the program runs.
    package var status: FileStatus
    /// It is a link to the file itself, which was too large to be copied.
    package var isLinked: Bool
  }

  /// By path.
  package private(set) var staged: [String: Staged] = [:]

  /// 2020-01-01: a date that every archive and build tool takes.
  package static let modifiedSeconds = 1_577_836_800
  /// The largest file that is copied where blocks cannot be shared.
  package static let largestCopy = 1 << 30

  /// Puts them into an empty directory.
  ///
  /// - Parameter largestCopy: For tests.
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

  /// Of inputs that the program uses where they are.
  package init(here inputs: ProgramInputs) {
    for input in inputs.inputs {
      staged[input.path] = Staged(input: input, status: input.status, isLinked: false)
    }
  }

  /// Whether it is a link.
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
  /// Whether what has the path now is an input as it was.
  ///
  /// - Parameter status: Of what has the path now.
  func isUnchanged(
    _ path: String, in directory: String, _ status: FileStatus
  ) throws(ProgramError) -> Bool {
    guard let staged = staged[path] else { return false }
    if status == staged.status { return true }
    // Written again with the same content, or only looked at in a way that the system noted.
    guard status.kind == .file, status.size == staged.input.status.size else { return false }
    return try Self.digest(of: directory + "/" + path) == staged.input.digest
  }

  /// Inputs that the program had as links, and whose files are not what they were.
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
