import Archive
import ArgumentParser
import Bundles
import Replay

/// What every command that counts replays by others accepts.
struct WitnessOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Show who has replayed the result: by the signed statements in this directory.",
      valueName: "dir"))
  var replays: String?

  @Option(
    help: ArgumentHelp(
      "Those whose signatures are believed (the format is in ssh-keygen's manual).",
      valueName: "file"))
  var allowedSigners: String?

  func validate() throws {
    if replays != nil && allowedSigners == nil {
      throw ValidationError(
        "--replays needs --allowed-signers: who of those who signed is believed")
    }
  }

  /// The statements that are asked for; nil where none are.
  var directory: WitnessDirectory? {
    get throws {
      guard let replays, let allowedSigners else { return nil }
      return try WitnessDirectory(path: replays, allowedSigners: allowedSigners)
    }
  }
}

extension WitnessDirectory {
  /// What is said of the result of an open bundle.
  func witnesses(of reader: BundleReader) throws(BundleError) -> Witnesses {
    try witnesses(of: reader.identity.result, author: reader.signingKey)
  }
}
