package import Archive
import Digests
package import RunRecords

/// What a crate must say about its bundle (SPEC.md, "The crate"). Its wording is free.
package struct CrateCheck {
  private let kind: RunKind
  private let manifest: Manifest
  private let expected: Manifest
  private let date: String
  /// The parts that stand for the members.
  private let parts: [String]

  /// - Parameters:
  ///   - manifest: All of `manifest-sha256.txt`.
  ///   - expected: All of `expected-sha256.txt`.
  ///   - date: The day that `bag-info.txt` states.
  package init(kind: RunKind, manifest: Manifest, expected: Manifest, date: String) {
    self.kind = kind
    self.manifest = manifest
    self.expected = expected
    self.date = date
    parts = Crate.parts(
      of: manifest.entries.compactMap { MemberName(path: $0.path, of: kind) }, kind)
  }

  package func perform(_ crate: CanonicalJSON) throws(BundleError) {
    guard crate["@context"] == Crate.context, case .array(let graph)? = crate["@graph"] else {
      throw damaged("it has not the context and the graph of the format")
    }
    var entities: [String: CanonicalJSON] = [:]
    for entity in graph {
      guard let id = entity["@id"]?.stringValue, entities.updateValue(entity, forKey: id) == nil
      else { throw damaged("an entity has no @id, or that of another") }
    }
    guard entities["ro-crate-metadata.json"] == Crate.descriptor else {
      throw damaged("its descriptor is not that of RO-Crate 1.1")
    }
    try checkFiles(entities)
    let run = entities[Crate.run]
    guard let started = run?["startTime"]?.stringValue, Self.isTime(started),
      let ended = run?["endTime"]?.stringValue, Self.isTime(ended), ended.hasPrefix(date)
    else { throw damaged("it does not say when the run was, or another day than bag-info.txt") }
    guard run?["@type"] == "CreateAction", run?["object"] == Crate.references(objects),
      run?["result"] == Crate.references(results)
    else { throw damaged("its run does not lead from what it took to the results") }
    guard let root = entities["./"], root["@type"] == "Dataset",
      root["datePublished"] == .string(ended),
      root["conformsTo"] == Crate.reference(Crate.profile),
      root["mentions"] == Crate.reference(Crate.run), root["hasPart"] == Crate.references(parts)
    else { throw damaged("its root is not that of the bundle") }
  }

  /// The ids of what the run took.
  private var objects: [String] {
    switch kind {
    case .trainer: ["config.json"]
    case .program: Crate.objects(among: parts)
    }
  }

  /// The ids of what the run gave.
  private var results: [String] {
    switch kind {
    case .trainer:
      let held = Set(manifest.entries.map { $0.path })
      return expected.entries.dropFirst().map {
        Crate.id(of: $0.path, isHeld: held.contains("data/" + $0.path))
      }
    case .program: return Crate.results(among: parts)
    }
  }

  /// Checks that the crate's files are those of the bundle, and that files left out are described
  /// as something else.
  private func checkFiles(_ entities: [String: CanonicalJSON]) throws(BundleError) {
    let parts = Set(parts)
    var files = 0
    for entry in manifest.entries {
      let path = String(entry.path.dropFirst("data/".count))
      guard parts.contains(path) else { continue }
      files += 1
      guard let file = entities[path], file["@type"] == "File",
        file["sha256"] == .string(entry.digest.hex)
      else { throw damaged("it does not describe \(path) as a file with its digest") }
    }
    guard entities.values.count(where: { $0["@type"] == "File" }) == files else {
      throw damaged("it describes a file that the bundle does not hold")
    }
    for folder in parts.sorted() where folder.hasSuffix("/") {
      guard entities[folder]?["@type"] == "Dataset" else {
        throw damaged("it does not describe the folder \(folder)")
      }
    }
    switch kind {
    case .trainer: try checkMissing(entities, parts)
    // left-out.json lists each of them.
    case .program: break
    }
  }

  private func checkMissing(
    _ entities: [String: CanonicalJSON], _ parts: Set<String>
  ) throws(BundleError) {
    for entry in expected.entries where !parts.contains(entry.path) {
      guard let work = entities[Crate.id(of: entry.path, isHeld: false)],
        work["@type"] == "CreativeWork", work["sha256"] == .string(entry.digest.hex)
      else { throw damaged("it does not describe \(entry.path), which is left out") }
    }
  }

  /// Whether `text` has the form YYYY-MM-DDThh:mm:ss.sss+00:00.
  package static func isTime(_ text: String) -> Bool {
    let form = "0000-00-00T00:00:00.000+00:00"
    return Bag.Info.isDate(String(text.prefix(10))) && text.utf8.count == form.utf8.count
      && zip(text.utf8, form.utf8).enumerated().allSatisfy { index, pair in
        let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(pair.0)
        return pair.1 == UInt8(ascii: "0") && index < 23 ? isDigit : pair.0 == pair.1
      }
  }

  private func damaged(_ detail: String) -> BundleError {
    .damaged(.crate, member: MemberName.crate.path, detail: detail)
  }
}
