package import Archive
package import Digests
package import RunRecords

/// A checkpoint and everything that it must agree with. It can be checked on any thread.
package struct CheckpointCheck: Sendable {
  /// Its index among the members.
  package var index: Int
  package var name: MemberName
  package var bytes: ArraySlice<UInt8>
  /// The digest of the file.
  package var digest: Digest
  /// The digests of its tensors: the row of `hashes.csv` at its step.
  package var row: HashRow
  package var runID: String
  package var numerics: Int

  package func perform() throws(BundleError) {
    func damaged(_ reason: BundleError.Reason, _ detail: String) -> BundleError {
      .damaged(reason, member: name.path, detail: detail)
    }
    let found = Digest(of: bytes)
    guard found == digest else {
      throw damaged(.manifest, "its SHA-256 is \(found), the manifest says \(digest)")
    }
    let hashes: HashRow
    do {
      hashes = try Safetensors.hashes(of: bytes, runID: runID, numerics: numerics)
    } catch {
      throw damaged(.checkpoint, error.description)
    }
    guard hashes == row else {
      throw damaged(.checkpoint, "its step and tensors are not those of the row of hashes.csv")
    }
  }
}
