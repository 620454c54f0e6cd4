package import Digests
package import RunRecords

@testable import Archive
@testable import BundleChecks
@testable import Bundles

/// Bundles of programs' runs.
extension BundleForge {
  /// The bundle of a program's run, as the writer would make it.
  ///
  /// - Parameter excluded: Patterns of results that are left out.
  package init(
    _ program: SampleProgram, thin: Bool = false, excluding excluded: [PathPattern] = []
  ) throws {
    let directory = TemporaryDirectory()
    try self.init(
      packing: program.write(to: directory), in: directory, thin: thin, excluding: excluded)
  }

  /// Inserts a file at its place in the order of members; a file that is not a member goes to the
  /// end.
  package mutating func insert(_ path: String, _ bytes: [UInt8]) {
    let kind = kind
    let place = MemberName(path: path, of: kind).flatMap { name in
      files.firstIndex { file in MemberName(path: file.path, of: kind).map { $0 > name } ?? false }
    }
    files.insert((path, bytes), at: place ?? files.count)
  }

  package mutating func remove(_ path: String) { files.removeAll { $0.path == path } }

  /// Replaces the crate by the one that the writer would make for the files.
  package mutating func recrate() {
    let kind = kind
    let held = files.compactMap { file in
      MemberName(path: file.path, of: kind).map { (name: $0, digest: Digest(of: file.bytes)) }
    }
    let parts = Crate.entities(of: held)
    let ids = parts.map(\.id)
    self["data/ro-crate-metadata.json"] = Crate.bytes(
      .init(
        runID: root, title: "A run", description: "A program's run", terms: "None",
        started: SampleProgram.started, ended: SampleProgram.ended, command: "true",
        instrument: ("urn:sample", "sample", "1"), objects: Crate.objects(among: ids),
        results: Crate.results(among: ids), parts: parts, missing: []),
      terms: Terms())
  }

  /// Replaces the list of inputs, and its digest in the program's record.
  package mutating func setInputList(_ text: String) {
    let old = Digest(of: self["data/inputs-sha256.txt"]).hex
    self[text: "data/inputs-sha256.txt"] = text
    self[text: "data/program.json"] = self[text: "data/program.json"].replacing(
      old, with: Digest(of: Array(text.utf8)).hex)
  }

  /// Updates an adopted run's record with the digest of the current results.
  package mutating func setAdopted() {
    relist()
    let old = try! ProgramSpec(bytes: self["data/program.json"]).adopted!
    let list = Manifest(bytes: self["data/expected-sha256.txt"])!
    self[text: "data/program.json"].replace(
      old.hex, with: ProgramContents.resultDigest(list).hex)
  }

  /// Adds a result with this digest to the list of results, or replaces its digest there.
  package mutating func expect(_ path: String, _ digest: Digest) {
    let kind = kind
    var list = Manifest(bytes: self["data/expected-sha256.txt"])!.entries
    list.removeAll { $0.path == path }
    let name = MemberName(path: "data/" + path, of: kind)
    let place = name.flatMap { name in
      list.firstIndex { MemberName(path: "data/" + $0.path, of: kind).map { $0 > name } ?? false }
    }
    list.insert(.init(digest: digest, path: path), at: place ?? list.count)
    self["data/expected-sha256.txt"] = Manifest(list).bytes
  }

  /// Removes a path from the list of results.
  package mutating func unexpect(_ path: String) {
    let list = Manifest(bytes: self["data/expected-sha256.txt"])!.entries
    self["data/expected-sha256.txt"] = Manifest(list.filter { $0.path != path }).bytes
  }

  /// Edits the list of files that are left out.
  package mutating func leaveOut(_ edit: (inout LeftOutFiles) -> Void) {
    var leftOut = try! LeftOutFiles(bytes: self["data/left-out.json"])
    edit(&leftOut)
    self["data/left-out.json"] = leftOut.bytes
  }
}
