import Archive
import ArgumentParser
import Bundles
import Digests
import Reports
import RunRecords

/// `regrok verify`: reads every byte of bundles and checks the seals. Executes nothing.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the seal of bundles, and that their records agree.",
    discussion: """
      Reads every byte and executes nothing. Says whether the file is a bundle, undamaged and \
      consistent in itself; that the run really gives these results is what replay checks. With \
      --allowed-signers it also has to be signed by one of them; it ends with 3 when it is not. In \
      JSON "sound" is about the seal alone, and "trusted" about the signature: null where no \
      signers were given.
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
    for path in bundles { try BundleError.refusePipe(path) }
    let failures = bundles.compactMap { path in
      let progress = WorkProgress("verifying \(path)")
      defer { progress.clear() }
      return verify(path, progress)
    }
    if !failures.isEmpty { throw ExitStatus.first(of: failures).exit }
  }

  /// Says what is to be said of one bundle; its status where it fails.
  private func verify(_ path: String, _ progress: WorkProgress) -> ExitStatus? {
    var found: (reader: BundleReader, verification: Verification)?
    do throws(BundleError) {
      let reader = try BundleReader(path: path)
      let verification = try reader.verify(progress: progress.update)
      progress.clear()
      found = (reader, verification)
      let signer: Signer? =
        if let allowedSigners { try reader.signer(allowed: allowedSigners) } else { nil }
      say(verification, of: path, isSigned: reader.isSigned, by: signer)
      return nil
    } catch {
      progress.clear()
      let failure = error.of(path)
      Output.writeError("\(Software.name): \(failure)")
      var answer: [CanonicalJSON.Key: CanonicalJSON] =
        found.map { Self.facts($0.verification, of: path, isSigned: $0.reader.isSigned) }
        // Of what is not there, or of another format, nothing is known.
        ?? ["path": .string(path), "sound": error.reason == nil ? .null : false]
      answer["member"] = error.member.map { .string($0) } ?? .null
      answer["message"] = .string(failure.description)
      answer["reason"] = error.reason.map { .string($0.rawValue) } ?? .null
      answer["status"] = CanonicalJSON(Int(failure.exitStatus.rawValue))
      answer["trusted"] = allowedSigners == nil ? .null : .bool(false)
      options.output.answer(.object(answer))
      return failure.exitStatus
    }
  }

  private func say(
    _ found: Verification, of path: String, isSigned: Bool, by signer: Signer?
  ) {
    let kind = found.isThin ? "thin" : Figures.count(found.checkpointCount, "checkpoint")
    let output = options.output
    output.line(
      "\(path): sound, \(found.kind.noun) \(found.runID), \(kind), "
        + "\(Figures.count(found.payloadBytes, "byte")) of payload")
    output.line("bundle  \(found.identity.bundle)")
    output.line("result  \(found.identity.result)")
    if let signer {
      output.line(
        signer.isPattern
          ? "signed by a key of those whom \(signer.name) matches" : "signed by \(signer.name)")
    } else if isSigned {
      output.line("signed; by whom, --allowed-signers checks")
    }
    var answer = Self.facts(found, of: path, isSigned: isSigned)
    answer["trusted"] = signer == nil ? .null : true
    if let signer { answer[signer.isPattern ? "signer_pattern" : "signer"] = .string(signer.name) }
    output.answer(.object(answer))
  }

  private static func facts(
    _ found: Verification, of path: String, isSigned: Bool
  ) -> [CanonicalJSON.Key: CanonicalJSON] {
    [
      "agent": .string(found.agent), "bundle_sha256": .string(found.identity.bundle.hex),
      "checkpoints": CanonicalJSON(found.checkpointCount),
      "file_bytes": CanonicalJSON(found.fileBytes), "members": CanonicalJSON(found.memberCount),
      "kind": .string(found.kind.rawValue), "path": .string(path),
      "payload_bytes": CanonicalJSON(found.payloadBytes),
      "result_sha256": .string(found.identity.result.hex), "run": .string(found.runID),
      "signed": .bool(isSigned), "signer": .null, "sound": true, "thin": .bool(found.isThin),
    ]
  }
}
