import Archive
package import RunRecords

/// `data/ro-crate-metadata.json`: the bundle as an RO-Crate 1.1 that follows Process Run Crate 0.5,
/// in canonical JSON.
package enum Crate {
  package static let context: CanonicalJSON = [
    "https://w3id.org/ro/crate/1.1/context", ["sha256": "http://schema.org/sha256"],
  ]
  package static let descriptor: CanonicalJSON = [
    "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": reference("./"),
    "conformsTo": reference("https://w3id.org/ro/crate/1.1"),
  ]
  package static let profile = "https://w3id.org/ro/wfrun/process/0.5"
  package static let run = "#run"
  /// Addresses that name entities in every crate; no entity of a user may have one of them.
  package static let ids = [profile]

  package static func reference(_ id: String) -> CanonicalJSON { ["@id": .string(id)] }

  package static func references(_ ids: [String]) -> CanonicalJSON {
    // A single value is not written as an array.
    ids.count == 1 ? reference(ids[0]) : .array(ids.map(reference))
  }

  // MARK: Parts

  /// The part of the crate that stands for a member: the member itself, or the folder that it lies
  /// in. Nil for members that are no parts.
  ///
  /// A program may have a hundred thousand files. Folders stand for them, and the manifest lists
  /// each with its digest.
  package static func part(for name: MemberName, of kind: RunKind) -> String? {
    guard name.isPayload else { return nil }
    switch (name, kind) {
    case (.crate, _), (.preview, _): return nil
    case (.input, _): return "inputs/"
    case (.result, _): return "results/"
    case (.checkpoint, .program): return "checkpoints/"
    default: return path(name)
    }
  }

  /// The parts of a bundle with these members, each once, in order.
  package static func parts(of members: some Sequence<MemberName>, _ kind: RunKind) -> [String] {
    var parts: [String] = []
    for name in members {
      guard let part = part(for: name, of: kind), parts.last != part else { continue }
      parts.append(part)
    }
    return parts
  }

  /// The id of a file in the crate. A result that is left out cannot have its path as id.
  package static func id(of path: String, isHeld: Bool) -> String { isHeld ? path : "#" + path }

  /// A member's path below the crate's root, `data/`.
  package static func path(_ name: MemberName) -> String {
    String(name.path.dropFirst("data/".count))
  }
}

// MARK: A program's run

extension Crate {
  /// The parts of a bundle that the program's run took.
  package static func objects(among parts: [String]) -> [String] {
    parts.filter { ["program.json", "inputs/"].contains($0) }
  }

  /// The parts of a bundle that the program's run gave.
  package static func results(among parts: [String]) -> [String] {
    parts.filter { ["outcome.json", "trace/metrics.csv", "results/", "checkpoints/"].contains($0) }
  }
}
