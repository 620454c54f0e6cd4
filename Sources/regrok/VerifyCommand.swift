import Archive
import ArgumentParser
import Bundles
import Digests
import Replay
import Reports
import RunRecords

/// `regrok verify`: reads every byte of bundles and checks the seals. Executes nothing.
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check that bundles are undamaged and consistent.",
    discussion: """
      Reads every byte and executes nothing. Says whether each file is a bundle, undamaged, and \
      consistent in itself. It does not show that the run gives these results; that is what \
      `regrok replay` checks. Writes no file.

      With --allowed-signers the bundle must also be signed by a person in that file. If it is \
      not, the command ends with 3.

      With --replays it counts the people who have performed the whole run again and found it \
      identical. Their signed statements, made by `regrok replay --attest`, lie in the directory \
      that --replays names; they may come from anybody. --allowed-signers then says whose \
      statements count, and the bundle itself need not be signed. Each person counts once; the \
      bundle's own signer does not count. With fewer than --at-least the command ends with 3. It \
      ends with 1 if one of these people found a difference.

      In JSON, "sound" is about the file alone. "trusted" is about the signature, and null without \
      --allowed-signers.

      Examples:

        regrok verify runs/first.tar.zst
        regrok verify *.tar.zst --allowed-signers signers.txt
        regrok verify run.tar.zst --replays statements/ --allowed-signers signers.txt
      """)

  @Argument(help: "Bundles to check.")
  var bundles: [String]

  @OptionGroup var witnessing: WitnessOptions

  @Option(
    help: ArgumentHelp("Require at least this many people who have replayed it.", valueName: "k"))
  var atLeast: Int?

  @OptionGroup var options: OutputOptions

  func validate() throws {
    guard let atLeast else { return }
    if witnessing.replays == nil { throw ValidationError("--at-least is for --replays") }
    if atLeast < 1 { throw ValidationError("--at-least has to be at least 1, not \(atLeast)") }
  }

  func run() throws {
    for path in bundles { try BundleError.refusePipe(path) }
    let replays = try witnessing.directory
    let failures = bundles.compactMap { path in
      let progress = WorkProgress("verifying \(path)")
      defer { progress.clear() }
      return verify(path, replays, progress)
    }
    if !failures.isEmpty { throw ExitStatus.first(of: failures).exit }
  }

  /// Reports on one bundle. Returns its exit status if it fails.
  private func verify(
    _ path: String, _ replays: WitnessDirectory?, _ progress: WorkProgress
  ) -> ExitStatus? {
    let allowedSigners = witnessing.allowedSigners
    var found: (reader: BundleReader, verification: Verification)?
    do throws(BundleError) {
      let reader = try BundleReader(path: path)
      let verification = try reader.verify(progress: progress.update)
      progress.clear()
      found = (reader, verification)
      let signer = try signer(of: reader)
      let witnesses = try replays?.witnesses(of: reader)
      return say(verification, of: path, isSigned: reader.isSigned, by: signer, witnesses)
    } catch {
      progress.clear()
      let failure = error.of(path)
      Output.writeError("\(Software.name): \(failure)")
      var answer: [CanonicalJSON.Key: CanonicalJSON] =
        found.map { Self.facts($0.verification, of: path, isSigned: $0.reader.isSigned) }
        // Of a missing file, or one of another format, nothing is known.
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

  /// The allowed signer of the bundle. Nil without --allowed-signers; with --replays also if no
  /// allowed signer has signed it.
  private func signer(of reader: BundleReader) throws(BundleError) -> Signer? {
    guard let allowedSigners = witnessing.allowedSigners else { return nil }
    do throws(BundleError) {
      return try reader.signer(allowed: allowedSigners)
    } catch {
      guard witnessing.replays != nil, case .notTrusted = error else { throw error }
      return nil
    }
  }

  /// Reports what was found. Returns an exit status if the replays make it fail.
  private func say(
    _ found: Verification, of path: String, isSigned: Bool, by signer: Signer?,
    _ witnesses: Witnesses?
  ) -> ExitStatus? {
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
          ? "signed by a key that \(signer.name) matches" : "signed by \(signer.name)")
    } else if isSigned {
      output.line(
        witnesses == nil
          ? "signed; --allowed-signers FILE checks by whom"
          : "signed, but not by an allowed signer")
    }
    var answer = Self.facts(found, of: path, isSigned: isSigned)
    answer["trusted"] = signer == nil ? witnesses.map { _ in false } ?? .null : true
    if let signer { answer[signer.isPattern ? "signer_pattern" : "signer"] = .string(signer.name) }
    answer["replays"] = witnesses?.json ?? .null
    for line in witnesses?.textLines ?? [] { output.line(line) }
    let objections = witnesses.map(objections) ?? []
    for objection in objections {
      Output.writeError("\(Software.name): \(path): \(objection.text)")
    }
    let status = objections.isEmpty ? nil : ExitStatus.first(of: objections.map(\.status))
    if let status {
      answer["message"] = .string(objections.map(\.text).joined(separator: "; "))
      answer["status"] = CanonicalJSON(Int(status.rawValue))
    }
    output.answer(.object(answer))
    return status
  }

  /// The objections that follow from the replays.
  private func objections(_ witnesses: Witnesses) -> [(status: ExitStatus, text: String)] {
    var found: [(ExitStatus, String)] = []
    let count = witnesses.replayers.count
    if let atLeast, count < atLeast {
      found.append(
        (
          .notTrusted,
          "\(Figures.count(count, "person", "people")) replayed it; --at-least requires \(atLeast)"
        ))
    }
    if let first = witnesses.contradictions.first {
      found.append((.different, "\(first.signer.name) has replayed it and found it different"))
    }
    return found
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
