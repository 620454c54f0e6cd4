private import Files

/// Runs a program in bubblewrap: it has no network, it can read the system, and it can write only
/// where its run is kept.
package struct Sandbox: Sendable {
  /// - Throws: `cannotStart` if bubblewrap is not installed, or if the system does not let it make
  ///   a sandbox.
  package init() throws(ProgramError) {
    let answer = ToolAnswer.ask(
      ["bwrap", "--ro-bind", "/", "/", "--unshare-net", "true"], in: "/", most: 1 << 12, seconds: 10
    )
    guard let answer else {
      throw .cannotStart(
        program: "bwrap", reason: "bubblewrap is not installed, so --sandbox cannot be had")
    }
    guard answer.status == 0 else {
      throw .cannotStart(
        program: "bwrap", reason: "the system lets it make no sandbox, so --sandbox cannot be had")
    }
  }

  /// The words that run `arguments` in the sandbox.
  ///
  /// - Parameters:
  ///   - directories: The directories that may be written.
  ///   - working: The working directory.
  func wrapped(
    _ arguments: [String], writing directories: [String], working: String
  ) -> [String] {
    var words = [
      "bwrap", "--die-with-parent", "--unshare-net", "--unshare-ipc", "--ro-bind", "/", "/",
      "--dev", "/dev", "--proc", "/proc",
    ]
    let home = ProcessFacts.environment["HOME"] ?? ""
    if home.count > 1 {
      words += ["--tmpfs", home]
      // The interpreter and the packages installed with it may lie there.
      if let folder = Self.environment(of: arguments[0], below: home) {
        words += ["--ro-bind", folder, folder]
      }
    }
    words += ["--tmpfs", "/tmp"]
    for directory in directories { words += ["--bind", directory, directory] }
    return words + ["--chdir", working, "--"] + arguments
  }

  /// The folder of the environment to which a program below `home` belongs: the one above its
  /// `bin`.
  private static func environment(of program: String, below home: String) -> String? {
    var path = program
    if !program.contains("/") {
      let folders = (ProcessFacts.environment["PATH"] ?? "").split(separator: ":")
      guard let folder = folders.first(where: { (try? Disk().exists($0 + "/" + program)) ?? false })
      else { return nil }
      path = folder + "/" + program
    }
    guard path.hasPrefix(home + "/") else { return nil }
    let (folder, _) = PathParts.split(path)
    return PathParts.split(folder).folder
  }
}
