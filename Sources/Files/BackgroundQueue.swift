/// Threads that do pieces of work in the order in which they are added. If the system has no thread
/// to give, the thread that adds a piece does it itself.
///
/// Threads start when there is work for them, and end when the queue is released. Any thread may
/// add and wait, but not from within a piece of work.
package final class BackgroundQueue: Sendable {
  private typealias Work = @Sendable () -> Void

  private struct State {
    var waiting: [Work] = []
    /// Pieces that were added and are not done yet.
    var outstanding = 0
    var idle = 0
    var started = 0
    /// The most threads that may be started. It falls once the system has refused one.
    var most: Int
    var isClosed = false
  }

  private let capacity: Int
  private let state: Monitor<State>
  private let threads = Monitor<[SystemThread]>([])

  /// - Parameters:
  ///   - threads: The most threads that work at once.
  ///   - capacity: The most pieces that may be added and not yet done. A thread that adds one more
  ///     waits.
  package init(threads: Int, capacity: Int) {
    precondition(threads > 0 && capacity > 0, "\(threads) threads for \(capacity) pieces")
    self.capacity = capacity
    state = Monitor(State(most: threads))
  }

  deinit {
    state.change { $0.isClosed = true }
    threads.change { $0 = [] }
  }

  package func add(_ work: @escaping @Sendable () -> Void) {
    guard hasThread() else { return work() }
    _ = state.wait { [capacity] state -> Void? in
      guard state.outstanding < capacity else { return nil }
      state.outstanding += 1
      state.waiting.append(work)
      return ()
    }
  }

  /// Waits until all added pieces are done.
  package func wait() { _ = wait(seconds: nil) }

  /// Waits until all added pieces are done, but at most `seconds` (nil: without a limit). Returns
  /// whether all are done.
  package func wait(seconds: Double?) -> Bool {
    state.wait(seconds: seconds) { $0.outstanding == 0 ? true : nil } ?? false
  }

  /// Whether there is a thread that will do what is added now; starts one if all are busy.
  private func hasThread() -> Bool {
    let mustStart = state.change { state in
      guard state.idle <= state.waiting.count, state.started < state.most else { return false }
      state.started += 1
      return true
    }
    if mustStart {
      do {
        let thread = try SystemThread { [state] in Self.work(state) }
        threads.change { $0.append(thread) }
      } catch {
        state.change { state in
          state.started -= 1
          state.most = state.started
        }
        Notice.once("threads", "\(error): the work goes on with fewer")
      }
    }
    return state.change { $0.started > 0 }
  }

  /// What a thread runs. It holds the state, not the queue, so that the queue can be released.
  private static func work(_ state: Monitor<State>) {
    while performNext(state) { state.change { $0.outstanding -= 1 } }
  }

  /// Does the next piece. Returns false once the queue is released and no piece is left. The piece
  /// is freed before this returns, that is, before anybody can see that it is done. So this thread
  /// is never the last to release what the piece holds.
  @inline(never) private static func performNext(_ state: Monitor<State>) -> Bool {
    state.change { $0.idle += 1 }
    let next = state.wait { state -> Next? in
      guard !state.waiting.isEmpty else { return state.isClosed ? .end : nil }
      state.idle -= 1
      return .work(state.waiting.removeFirst())
    }
    guard case .work(let work)? = next else { return false }
    work()
    return true
  }

  private enum Next {
    case work(Work)
    case end
  }
}
