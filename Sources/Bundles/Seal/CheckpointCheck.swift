import Archive
import Digests
private import Files
import RunRecords
private import Synchronization

/// A checkpoint and all that it has to agree with; can be checked on any thread.
struct CheckpointCheck: Sendable {
  /// Its place among the members.
  var index: Int
  var name: MemberName
  var bytes: ArraySlice<UInt8>
  /// Of the file.
  var digest: Digest
  /// Of its tensors.
  var row: HashRow
  var runID: String
  var numerics: Int

  func perform() throws(BundleError) {
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

/// Performs checks on other threads, a few at a time so that memory stays bounded.
final class CheckpointChecks: Sendable {
  private let failures = Mutex<[Int: BundleError]>([:])
  private let queue: BackgroundQueue

  init(atOnce: Int) { queue = BackgroundQueue(threads: atOnce, capacity: atOnce) }

  func add(_ check: CheckpointCheck) {
    queue.add { [self] in
      do throws(BundleError) {
        try check.perform()
      } catch {
        failures.withLock { $0[check.index] = error }
      }
    }
  }

  /// Waits for all; the failure of the first member that has one.
  func firstFailure() -> BundleError? {
    queue.wait()
    return failures.withLock { failures in failures.min { $0.key < $1.key }?.value }
  }
}
