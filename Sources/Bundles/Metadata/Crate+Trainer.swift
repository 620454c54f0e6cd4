import Archive
import BundleChecks
import Digests
import RunRecords

extension Crate.Subject {
  /// The URI of the program, whatever its version. The program has no address, and the profile
  /// requires an absolute URI.
  private static let software = "urn:uuid:05db8c39-1955-4eb6-9c07-264ff8d7af74"

  /// - Parameters:
  ///   - held: All members of the bundle that are parts, in order.
  ///   - results: The entries of `expected-sha256.txt`.
  init(_ run: FinishedRun, held: [(name: MemberName, digest: Digest)], results: Manifest) {
    let heldPaths = Set(held.map { Crate.path($0.name) })
    self.init(
      runID: run.runID,
      title: "Training run \(run.runID): "
        + ["task", "model", "optimizer"]
        .compactMap { run.spec.canonicalJSON[$0]?["name"]?.stringValue }.joined(separator: ", ")
        + ", seed \(run.spec.seed)",
      description:
        "A training run of a small neural network that grokking is studied on. "
        + "config.json determines every bit of the results.",
      terms:
        "Whoever publishes the bundle says under which terms; "
        + "its content can be computed anew from config.json.",
      started: run.performance.started, ended: run.performance.ended,
      command: run.performance.command,
      instrument: (
        Self.software, String(run.tool.prefix { $0 != " " }),
        String(run.tool.drop { $0 != " " }.dropFirst())
      ),
      objects: ["config.json"],
      results: results.entries.dropFirst().map {
        Crate.id(of: $0.path, isHeld: heldPaths.contains($0.path))
      },
      parts: held.map { Crate.file($0.name, $0.digest, of: .trainer) },
      missing: results.entries.filter { !heldPaths.contains($0.path) }.map { entry in
        [
          "@id": .string(Crate.id(of: entry.path, isHeld: false)), "@type": "CreativeWork",
          "name": .string(
            MemberName(path: "data/" + entry.path, of: .trainer)
              .map { Crate.title(of: $0, .trainer) } ?? entry.path),
          "sha256": .string(entry.digest.hex),
        ]
      })
  }
}
