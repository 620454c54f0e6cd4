import Digests
private import Files
package import RunRecords

extension ProgramInputs {
  /// The inputs of a record, read from where they are now. Each must have the digest in the list.
  ///
  /// - Parameter source: Returns where an input's content is.
  /// - Throws: `input` for the first one that is missing or is another file.
  package init(
    recorded list: InputList, at source: (InputList.Entry) -> String
  ) throws(ProgramError) {
    var inputs: [Input] = []
    for entry in list.entries {
      let path = source(entry)
      guard let resolved = FileTree.resolved(path), let found = try? FileStatus(of: resolved),
        found.kind == .file
      else { throw .input(path: entry.path, reason: "it is not at \(path)") }
      var hasher = Digest.Hasher()
      try onDisk(try FileTree.read(resolved) { hasher.update($0) })
      guard hasher.finish() == entry.digest else {
        throw .input(
          path: entry.path, reason: "the file at \(path) is another than the one that was sealed")
      }
      var status = found
      status.isExecutable = entry.isExecutable
      inputs.append(
        Input(path: entry.path, source: resolved, status: status, digest: entry.digest))
    }
    self.init(inputs: inputs, list: list, passedOver: [])
  }
}
