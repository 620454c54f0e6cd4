private import CSystem
private import Files

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// The reading end of a pipe into which a program writes. The bytes also go on to a descriptor of
/// this process.
///
/// Nothing is read until the bytes read before have been passed on. So a slow reader slows the
/// program, and no memory fills up.
final class Channel {
  private let reading: PipeEnd
  private let isErrors: Bool
  private var target: Int32?
  private var pending: ArraySlice<UInt8> = []
  private var isOpen = true

  private init(_ reading: PipeEnd, isErrors: Bool, target: Int32?) {
    self.reading = reading
    self.isErrors = isErrors
    self.target = target
  }

  /// A channel, and the end that the program gets.
  static func make(
    passesTo target: Int32?, isErrors: Bool
  ) throws(ProgramError) -> (Channel, PipeEnd) {
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
      let failed = unsafe system_pipe2(&ends, O_CLOEXEC) != 0
    #else
      let failed = unsafe pipe(&ends) != 0
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    #endif
    guard !failed else {
      throw .file(.system(operation: "make a pipe for", path: "the program", code: errno))
    }
    _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    let channel = Channel(PipeEnd(ends[0]), isErrors: isErrors, target: target)
    return (channel, PipeEnd(ends[1]))
  }

  private static let most = 1 << 16

  /// Waits until something can be done, and does it. Calls `body` with what was read.
  ///
  /// - Returns: Whether anything was done.
  static func serve(
    _ channels: [Channel], forSeconds seconds: Double, _ body: (ArraySlice<UInt8>, Bool) -> Void
  ) -> Bool {
    let active = channels.filter { $0.isOpen || !$0.pending.isEmpty }
    var polls = active.map(\.poll)
    let count = unsafe systemPoll(&polls, nfds_t(polls.count), Int32((seconds * 1000).rounded(.up)))
    guard count > 0 else { return false }
    for (channel, poll) in zip(active, polls) where poll.revents != 0 {
      if channel.pending.isEmpty {
        guard let bytes = channel.read() else { continue }
        body(bytes, channel.isErrors)
        if channel.target != nil { channel.pending = bytes }
      } else {
        channel.pass()
      }
    }
    return true
  }

  /// Serves what the program wrote before it ended. Does not wait for a child of it that still
  /// holds the pipe. A reader that does not take the bytes passed on is given ten seconds.
  static func drain(_ channels: [Channel], _ body: (ArraySlice<UInt8>, Bool) -> Void) {
    let start = monotonicSeconds()
    while channels.contains(where: { $0.isOpen || !$0.pending.isEmpty }) {
      let seconds = monotonicSeconds() - start
      if seconds > 10 {
        for channel in channels { channel.stopPassing() }
      }
      let isWaiting = channels.contains { !$0.pending.isEmpty }
      let isBusy = serve(channels, forSeconds: isWaiting ? 0.1 : 0, body)
      // Bytes that still come after twenty seconds are not from the program, which has ended.
      if !isBusy && !isWaiting || seconds > 20 { return }
    }
  }

  private func stopPassing() {
    target = nil
    pending = []
  }

  private var poll: pollfd {
    pending.isEmpty
      ? pollfd(fd: reading.number, events: Int16(POLLIN), revents: 0)
      : pollfd(fd: target ?? -1, events: Int16(POLLOUT), revents: 0)
  }

  /// The bytes that have come; nil if none have, or none ever will.
  private func read() -> ArraySlice<UInt8>? {
    var bytes = [UInt8](repeating: 0, count: Self.most)
    // SAFETY: one read writes at most as many bytes as there are.
    let count = unsafe bytes.withUnsafeMutableBytes {
      unsafe systemRead(reading.number, $0.baseAddress!, $0.count)
    }
    if count > 0 { return bytes[..<count] }
    if count == 0 || errno != EAGAIN && errno != EINTR { isOpen = false }
    return nil
  }

  /// Writes as much as a pipe takes without blocking.
  private func pass() {
    guard let target else {
      pending = []
      return
    }
    let part = pending.prefix(Int(PIPE_BUF))
    // SAFETY: one write reads the part's bytes, of which there is at least one.
    let count = unsafe part.withUnsafeBytes {
      unsafe systemWrite(target, $0.baseAddress!, $0.count)
    }
    if count > 0 {
      pending = pending.dropFirst(count)
    } else if errno != EINTR && errno != EAGAIN {
      // The reader has gone, or a disk is full. The log still has the bytes.
      self.target = nil
      pending = []
    }
  }
}

/// One end of a pipe.
final class PipeEnd {
  private(set) var number: Int32

  init(_ number: Int32) { self.number = number }

  deinit { close() }

  func close() {
    if number >= 0 { _ = systemClose(number) }
    number = -1
  }
}
