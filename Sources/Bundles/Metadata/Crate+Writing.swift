import Archive
import BundleChecks
import Digests
import RunRecords

extension Crate {
  private static let publisher = "#publisher"
  private static let license = "#license"
  private static let agent = "#agent"

  /// What a crate says about one run, beyond its fixed form.
  struct Subject {
    var runID: String
    var title: String
    var description: String
    /// The description where no licence is stated.
    var terms: String
    var started, ended: String
    var command: String
    /// The program that ran: an absolute URI, as the profile requires, with a name and a version.
    var instrument: (id: String, name: String, version: String)
    /// What the run took and what it gave, by their ids in `parts` and `missing`.
    var objects, results: [String]
    var parts: [(id: String, entity: CanonicalJSON)]
    /// Entities of what is left out, and so is no part.
    var missing: [CanonicalJSON]
  }

  /// - Parameter terms: Who publishes the bundle, and how it may be used.
  static func bytes(_ subject: Subject, terms: Terms) -> [UInt8] {
    let publisher = terms.publisher?.id ?? Self.publisher
    var graph: [CanonicalJSON] = [
      descriptor,
      [
        "@id": "./", "@type": "Dataset", "identifier": .string(subject.runID),
        "name": .string(subject.title), "description": .string(subject.description),
        "datePublished": .string(subject.ended), "author": reference(publisher),
        "publisher": reference(publisher), "license": reference(terms.license?.id ?? license),
        "conformsTo": reference(profile), "hasPart": references(subject.parts.map(\.id)),
        "mentions": reference(Self.run),
      ],
      [
        "@id": .string(profile), "@type": "CreativeWork", "name": "Process Run Crate",
        "version": "0.5",
      ],
      terms.license?.entity ?? [
        "@id": .string(license), "@type": "CreativeWork", "name": "No licence is stated",
        "description": .string(subject.terms),
      ],
      terms.publisher?.entity ?? [
        "@id": .string(Self.publisher), "@type": "Organization",
        "name": .string(Terms.unstatedPublisher),
        "url": .string(Self.publisher),
      ],
      [
        "@id": .string(subject.instrument.id), "@type": "SoftwareApplication",
        "name": .string(subject.instrument.name), "url": .string(subject.instrument.id),
        "version": .string(subject.instrument.version),
      ],
      [
        "@id": .string(agent), "@type": "Person", "name": "Whoever performed the run",
      ],
      [
        "@id": .string(Self.run), "@type": "CreateAction", "name": "The run",
        "description": .string(subject.command), "startTime": .string(subject.started),
        "endTime": .string(subject.ended),
        "actionStatus": "http://schema.org/CompletedActionStatus",
        "agent": reference(agent), "instrument": reference(subject.instrument.id),
        "object": references(subject.objects), "result": references(subject.results),
      ],
      [
        "@id": "ro-crate-preview.html", "@type": "CreativeWork", "about": reference("./"),
        "name": "What the run found",
      ],
    ]
    graph += subject.parts.map(\.entity)
    graph += subject.missing
    return (["@context": context, "@graph": .array(graph)] as CanonicalJSON).utf8
  }

  // MARK: Files

  /// The entity of a file.
  static func file(
    _ name: MemberName, _ digest: Digest, of kind: RunKind
  ) -> (id: String, entity: CanonicalJSON) {
    let path = path(name)
    return (
      path,
      [
        "@id": .string(path), "@type": "File", "name": .string(title(of: name, kind)),
        "encodingFormat": .string(mediaType(of: name)), "sha256": .string(digest.hex),
      ]
    )
  }

  static func title(of name: MemberName, _ kind: RunKind) -> String {
    switch name {
    case .readme: "How to check the bundle"
    case .config: "All that determines the run"
    case .program: "What the program was, and how its runs are compared"
    case .inputList: "Digests of the program's inputs"
    case .expected: "Digests of all results"
    case .outcome: "What the run found"
    case .environment: "What performed the run"
    case .repeats: "How far the program differs from itself"
    case .leftOut: "Files that are not here, and why"
    case .metrics:
      switch kind {
      case .trainer: "Losses, accuracies and the squared norm"
      case .program: "The curves that are compared"
      }
    case .hashes: "Digests of the state"
    case .observed: "Columns that are not compared"
    case .log: "What the program said"
    case .checkpoint(let step): "State after step \(step)"
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .crate, .preview, .input,
      .result:
      name.path
    }
  }

  private static func mediaType(of name: MemberName) -> String {
    switch name {
    case .readme: "text/markdown"
    case .config, .program, .outcome, .environment, .repeats, .leftOut: "application/json"
    case .metrics, .hashes, .observed: "text/csv"
    case .checkpoint, .input, .result: "application/octet-stream"
    case .bagDeclaration, .bagInfo, .manifest, .tagManifest, .signature, .inputList, .expected,
      .crate, .preview, .log:
      "text/plain"
    }
  }
}
