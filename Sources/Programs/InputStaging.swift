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
      staged[input.path] = Staged(input: input, status: input.status, isLinked: true)
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
  /// What became of the inputs while the program ran.
  package struct Changes: Sendable {
    /// Changed in place by the program, or with another file in its place.
    package var changed: [String] = []
    package var removed: [String] = []
  }

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

  /// Of inputs that the program had as links, so that it could have changed the files themselves.
  package func checkLinked() throws(ProgramError) {
    for (path, staged) in staged.sorted(by: { $0.key < $1.key }) where staged.isLinked {
      let input = staged.input
      let status = try? FileStatus(of: input.source)
      if status == input.status { continue }
      guard status != nil, try Self.digest(of: input.source) == input.digest else {
        throw .input(path: path, reason: "it is not the file any more that the program was given")
      }
    }
  }

  static func digest(of path: String) throws(ProgramError) -> Digest {
    var hasher = Digest.Hasher()
    try onDisk(try FileTree.read(path) { hasher.update($0) })
    return hasher.finish()
  }
}
