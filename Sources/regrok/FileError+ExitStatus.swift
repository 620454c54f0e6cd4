import Files

extension FileError: ExitStatusProviding {
  var exitStatus: ExitStatus {
    switch self {
    case .system, .unfit, .busy: .inputOutput
    case .tooLarge: .usage
    }
  }
}
