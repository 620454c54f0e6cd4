import Archive
import ArgumentParser
import Bundles
import Replay

/// The options of every command that counts replays by others.
struct WitnessOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Show who has replayed the run, from the signed statements in this directory.",
      valueName: "dir"))
  var replays: String?

  @Option(
    help: ArgumentHelp(
      "The signers you trust, in the format of ssh-keygen's ALLOWED SIGNERS.",
      valueName: "file"))
  var allowedSigners: String?

  func validate() throws {
    if replays != nil && allowedSigners == nil {
      throw ValidationError(
        "--replays needs --allowed-signers FILE, which lists the signers you trust")
    }
  }

  /// The directory of statements; nil without --replays.
  var directory: WitnessDirectory? {
    get throws {
      guard let replays, let allowedSigners else { return nil }
      return try WitnessDirectory(path: replays, allowedSigners: allowedSigners)
    }
  }
}

extension WitnessDirectory {
  /// The witnesses of the result of an open bundle.
  func witnesses(of reader: BundleReader) throws(BundleError) -> Witnesses {
    try witnesses(of: reader.identity.result, author: reader.signingKey)
  }
}
