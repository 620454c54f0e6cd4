import Archive
import BundleChecks
private import Files
private import Synchronization

/// Performs checks on other threads, a few at a time to limit memory.
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

  /// Waits for all checks. Returns the failure of the first member that has one.
  func firstFailure() -> BundleError? {
    queue.wait()
    return failures.withLock { failures in failures.min { $0.key < $1.key }?.value }
  }
}
