import Archive
import BundleChecks
import Digests
import RunRecords

extension Crate {
  /// The entities that stand for the members of a program's bundle: files and folders.
  static func entities(
    of held: [(name: MemberName, digest: Digest)]
  ) -> [(id: String, entity: CanonicalJSON)] {
    let digests = Dictionary(
      held.map { (path($0.name), $0) }, uniquingKeysWith: { first, _ in first })
    return parts(of: held.map(\.name), .program).map { id in
      if let (name, digest) = digests[id] { return file(name, digest, of: .program) }
      return (id, ["@id": .string(id), "@type": "Dataset", "name": .string(folders[id] ?? id)])
    }
  }

  private static let folders = [
    "inputs/": "What the program was given", "results/": "What the program wrote",
    "checkpoints/": "States that the program kept",
  ]
}

extension Crate.Subject {
  /// - Parameter held: All members of the bundle so far, in order.
  init(_ run: FinishedProgram, held: [(name: MemberName, digest: Digest)]) {
    let parts = Crate.entities(of: held)
    let ids = parts.map(\.id)
    let record = Digest(of: run.record.spec.bytes)
    self.init(
      runID: run.record.spec.runID, title: "Run \(run.record.spec.runID) of \(run.name)",
      description:
        "The run of a program, as it was recorded: "
        + "program.json says what ran and how its runs are compared.",
      terms: "Whoever publishes the bundle says under which terms.",
      started: run.performance.started, ended: run.performance.ended, command: run.command,
      instrument: ("urn:sha256:\(record)", run.name, "as recorded"),
      objects: Crate.objects(among: ids), results: Crate.results(among: ids),
      parts: parts, missing: [])
  }
}
