#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The system could not start a thread; `code` is its error number.
package struct ThreadShortage: Error, Sendable, CustomStringConvertible {
  package let code: Int32

  package var description: String { "cannot start a thread: \(systemMessage(code))" }
}

/// A thread that runs one closure. Releasing this waits for the thread's end.
///
/// Unlike Foundation's `Thread` and libdispatch, it reports when the system has no thread. With
/// theirs, a caller that waits would wait for ever.
@safe package final class SystemThread: Sendable {
  /// Room for the deepest calls of a run. Only pages that are touched take memory.
  private static let stackBytes = 8 << 20

  private let handle: pthread_t

  package init(_ body: @escaping @Sendable () -> Void) throws(ThreadShortage) {
    var attributes = pthread_attr_t()
    _ = unsafe pthread_attr_init(&attributes)
    defer { _ = unsafe pthread_attr_destroy(&attributes) }
    _ = unsafe pthread_attr_setstacksize(&attributes, Self.stackBytes)
    // SAFETY: the thread takes over the reference that is retained here, and releases it when it
    // ends.
    let argument = unsafe Unmanaged.passRetained(Body(body))
    #if canImport(Darwin)
      var started: pthread_t?
    #else
      var started = pthread_t()
    #endif
    let code = unsafe pthread_create(&started, &attributes, threadMain, argument.toOpaque())
    guard code == 0 else {
      unsafe argument.release()
      throw ThreadShortage(code: code)
    }
    #if canImport(Darwin)
      handle = unsafe started!
    #else
      handle = started
    #endif
  }

  deinit { _ = pthread_join(handle, nil) }
}

private final class Body: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

#if canImport(Darwin)
  private let threadMain: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
    unsafe Unmanaged<Body>.fromOpaque($0).takeRetainedValue().run()
    return nil
  }
#else
  private let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
    unsafe Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()
    return nil
  }
#endif
