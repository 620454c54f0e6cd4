private import Synchronization

/// Work on all processors at once.
package enum Concurrency {
  /// Calls `body` once with each of 0 ..< `count`, on this thread and on as many others as the
  /// system gives, and returns when all calls have returned.
  ///
  /// - Precondition: `body` may be called by several threads at once. The compiler does not check
  ///   this.
  ///
  /// libdispatch's `concurrentPerform` is not used: it waits for ever if the system has no thread.
  package static func perform(_ count: Int, _ body: (Int) -> Void) {
    let next = Counter()
    withoutActuallyEscaping(body) { body in
      let shared = SharedBody(call: body)
      let work: @Sendable () -> Void = {
        while case let index = next.take(), index < count { shared.call(index) }
      }
      var others: [SystemThread] = []
      for _ in 1..<max(1, min(count, Machine.processors)) {
        do {
          others.append(try SystemThread(work))
        } catch {
          Notice.once("threads", "\(error): the work goes on with fewer")
          break
        }
      }
      work()
      // Releasing a thread waits for its end.
      others = []
    }
  }
}

/// The caller promises that the closure may be shared between threads and outlives all calls.
private struct SharedBody: @unchecked Sendable {
  let call: (Int) -> Void
}

private final class Counter: Sendable {
  private let next = Atomic(0)

  func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}
