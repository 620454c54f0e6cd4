private import Synchronization

/// Work on all processors at once.
package enum Concurrency {
  /// Calls `body` with each of 0 ..< `count` once, on this thread and on others as far as there are
  /// any, and returns when all calls have.
  ///
  /// - Precondition: `body` may be called by several threads at once; the compiler does not see to
  ///   it.
  ///
  /// libdispatch's `concurrentPerform` waits for ever where the system has no thread.
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

/// The caller promises that its closure may be shared, and outlives all calls.
private struct SharedBody: @unchecked Sendable {
  let call: (Int) -> Void
}

private final class Counter: Sendable {
  private let next = Atomic(0)

  func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
}
