import Files

/// The path of this program, and of the files installed with it.
enum Installation {
  /// What users start: the file that runs, or the launcher that chose it; nil where there is none.
  static var program: String? {
    guard let file = FileTree.resolved(ProcessFacts.executable) else { return nil }
    let (folder, _) = PathParts.split(file)
    guard folder.hasSuffix(programs) else { return file }
    let launcher = String(folder.dropLast(programs.count)) + "/bin/regrok"
    return FileTree.resolved(launcher) ?? file
  }

  /// A file below share/regrok, wherever all of it was installed.
  static func shared(_ name: String) -> String? {
    program.map { PathParts.split($0).folder + "/../share/regrok/" + name }
  }

  /// The folder of the programs that a launcher chooses among.
  private static let programs = "/lib/regrok"
}
