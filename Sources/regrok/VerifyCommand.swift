import ArgumentParser
import Bundles
import RunRecords

/// `regrok verify`: reads every byte of bundles and checks the seals. Executes nothing.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the seal of bundles, and that their records agree.",
    discussion: """
      Reads every byte and executes nothing. Says whether the file is a bundle, undamaged and \
      consistent in itself; that the run really gives these results is what replay checks. With \
      --allowed-signers it also has to be signed by one of them; it ends with 3 when it is not.
      """)

  @Argument(help: "Bundles.")
  var bundles: [String]

  @Option(
    help: ArgumentHelp(
      "Demand a signature by one of these (the format is in ssh-keygen's manual).",
      valueName: "file"))
  var allowedSigners: String?

  @OptionGroup var options: OutputOptions

  func run() throws {
    let output = options.output
    var failures: [CommandFailure] = []
    for path in bundles {
      let progress = WorkProgress("verifying \(path)")
      do throws(BundleError) {
        let reader = try BundleReader(path: path)
        let found = try reader.verify(progress: progress.update)
        progress.clear()
        let signer: String? =
          if let allowedSigners { try reader.signer(allowed: allowedSigners) } else { nil }
        Self.say(found, of: path, isSigned: reader.isSigned, by: signer, to: output)
      } catch {
        progress.clear()
        let failure = error.of(path)
        failures.append(failure)
        Output.writeError("\(Software.name): \(Output.oneLine(failure.description))\n")
        output.answer([
          "member": error.member.map { .string($0) } ?? .null,
          "message": .string(failure.description), "path": .string(path),
          "reason": error.reason.map { .string($0.rawValue) } ?? .null, "sound": false,
        ])
      }
    }
    // Damage counts more than a bundle of a later version, and that more than one that is not there.
    if let worst = failures.map(\.exitStatus.rawValue).min() { throw ExitCode(worst) }
  }

  private static func say(
    _ found: Verification, of path: String, isSigned: Bool, by signer: String?, to output: Output
  ) {
    let kind =
      found.isThin
      ? "thin"
      : found.checkpointCount == 1 ? "1 checkpoint" : "\(found.checkpointCount) checkpoints"
    output.line(
      "\(path): sound, run \(found.runID), \(kind), \(found.payloadBytes) bytes of payload")
    output.line("bundle  \(found.identity.bundle)")
    output.line("result  \(found.identity.result)")
    if let signer {
      output.line("signed by " + Output.oneLine(signer))
    } else if isSigned {
      output.line("signed; by whom, --allowed-signers checks")
    }
    output.answer([
      "agent": .string(found.agent), "bundle_sha256": .string(found.identity.bundle.hex),
      "checkpoints": CanonicalJSON(found.checkpointCount),
      "file_bytes": CanonicalJSON(found.fileBytes), "members": CanonicalJSON(found.memberCount),
      "path": .string(path), "payload_bytes": CanonicalJSON(found.payloadBytes),
      "result_sha256": .string(found.identity.result.hex), "run": .string(found.runID),
      "signed": .bool(isSigned), "signer": signer.map { .string($0) } ?? .null, "sound": true,
      "thin": .bool(found.isThin),
    ])
  }
}
