import Archive
import Digests
import RunRecords

/// `data/ro-crate-metadata.json`: the bundle as an RO-Crate 1.1 that follows Process Run Crate 0.5, in canonical JSON.
enum Crate {
  static let context: CanonicalJSON = [
    "https://w3id.org/ro/crate/1.1/context", ["sha256": "http://schema.org/sha256"],
  ]
  static let descriptor: CanonicalJSON = [
    "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": reference("./"),
    "conformsTo": reference("https://w3id.org/ro/crate/1.1"),
  ]
  static let profile = "https://w3id.org/ro/wfrun/process/0.5"
  static let run = "#run"
  private static let publisher = "#publisher"
  private static let license = "#license"
  private static let agent = "#agent"
  /// The program, whichever its version: it has no address, and the profile wants an absolute URI.
  private static let software = "urn:uuid:05db8c39-1955-4eb6-9c07-264ff8d7af74"
  /// Addresses that name entities of every crate, so that no entity of a user's can have them.
  static let ids = [profile]

  static func reference(_ id: String) -> CanonicalJSON { ["@id": .string(id)] }

  static func references(_ ids: [String]) -> CanonicalJSON {
    // One value is no array of one element.
    ids.count == 1 ? reference(ids[0]) : .array(ids.map(reference))
  }

  /// Whether the crate describes a member as a file.
  static func describes(_ name: MemberName) -> Bool {
    name.isPayload && name != .crate && name != .preview
  }

  /// How a file is called in the crate; a result that is left out cannot be called by its path.
  static func id(of path: String, isHeld: Bool) -> String { isHeld ? path : "#" + path }

  /// - Parameters:
  ///   - held: All members that `describes` holds for, in order.
  ///   - results: Those of `expected-sha256.txt`.
  ///   - terms: Who publishes it, and how it may be used.
  static func bytes(
    _ run: FinishedRun, held: [(name: MemberName, digest: Digest)], results: Manifest,
    terms: Terms
  ) -> [UInt8] {
    let heldPaths = Set(held.map { path($0.name) })
    let missing = results.entries.filter { !heldPaths.contains($0.path) }
    let resultIDs = results.entries.dropFirst().map {
      id(of: $0.path, isHeld: heldPaths.contains($0.path))
    }
    let publisher = terms.publisher?.id ?? Self.publisher
    let runTitle =
      "Training run \(run.runID): "
      + ["task", "model", "optimizer"]
      .compactMap { run.spec.canonicalJSON[$0]?["name"]?.stringValue }.joined(separator: ", ")
      + ", seed \(run.spec.seed)"
    var graph: [CanonicalJSON] = [
      descriptor,
      [
        "@id": "./", "@type": "Dataset", "identifier": .string(run.runID),
        "name": .string(runTitle),
        "description":
          "A training run of a small neural network that grokking is studied on. config.json determines every bit of the results.",
        "datePublished": .string(run.ended), "author": reference(publisher),
        "publisher": reference(publisher), "license": reference(terms.license?.id ?? license),
        "conformsTo": reference(profile), "hasPart": references(held.map { path($0.name) }),
        "mentions": reference(Self.run),
      ],
      [
        "@id": .string(profile), "@type": "CreativeWork", "name": "Process Run Crate",
        "version": "0.5",
      ],
      terms.license?.entity ?? [
        "@id": .string(license), "@type": "CreativeWork", "name": "No licence is stated",
        "description":
          "Whoever publishes the bundle says under which terms; its content can be computed anew from config.json.",
      ],
      terms.publisher?.entity ?? [
        "@id": .string(Self.publisher), "@type": "Organization", "name": "The users of regrok",
        "url": .string(Self.publisher),
      ],
      [
        "@id": .string(software), "@type": "SoftwareApplication",
        "name": .string(String(run.tool.prefix { $0 != " " })), "url": .string(software),
        "version": .string(String(run.tool.drop { $0 != " " }.dropFirst())),
      ],
      [
        "@id": .string(agent), "@type": "Person", "name": "Whoever performed the run",
      ],
      [
        "@id": .string(Self.run), "@type": "CreateAction", "name": "The run",
        "description": .string(run.command), "startTime": .string(run.started),
        "endTime": .string(run.ended),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": reference(agent), "instrument": reference(software),
        "object": reference("config.json"), "result": references(Array(resultIDs)),
      ],
      [
        "@id": "ro-crate-preview.html", "@type": "CreativeWork", "about": reference("./"),
        "name": "What the run found",
      ],
    ]
    graph += held.map { name, digest in
      [
        "@id": .string(path(name)), "@type": "File", "name": .string(title(of: name)),
        "encodingFormat": .string(mediaType(of: name)), "sha256": .string(digest.hex),
      ]
    }
    graph += missing.map { entry in
      [
        "@id": .string(id(of: entry.path, isHeld: false)), "@type": "CreativeWork",
        "name": .string(MemberName(path: "data/" + entry.path).map(title) ?? entry.path),
        "sha256": .string(entry.digest.hex),
      ]
    }
    return (["@context": context, "@graph": .array(graph)] as CanonicalJSON).utf8
  }

  /// A member's path below the crate's root, `data/`.
  static func path(_ name: MemberName) -> String { String(name.path.dropFirst("data/".count)) }

  private static func title(of name: MemberName) -> String {
    switch name {
    case .readme: "How to check the bundle"
    case .config: "All that determines the run"
    case .expected: "Digests of all results"
    case .outcome: "What the run found"
    case .environment: "What performed the run"
    case .metrics: "Losses, accuracies and the squared norm"
    case .hashes: "Digests of the state"
    case .checkpoint(let step): "State after step \(step)"
    default: name.path
    }
  }

  private static func mediaType(of name: MemberName) -> String {
    switch name {
    case .readme: "text/markdown"
    case .config, .outcome, .environment: "application/json"
    case .metrics, .hashes: "text/csv"
    case .checkpoint: "application/octet-stream"
    default: "text/plain"
    }
  }
}
