#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// How a process ended.
package enum ProcessEnd: Sendable, Hashable {
  case exited(status: Int32)
  case killed(signal: Int32)
  /// Another part of this process has waited for it already, or the system no longer knows it.
  case unknown

  /// Waits for the end of a child process. Its process ID is free afterwards.
  package static func wait(for process: Int32) -> ProcessEnd {
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) == -1 {
      guard errno == EINTR else { return .unknown }
    }
    let signal = status & 0x7f
    return signal == 0 ? .exited(status: status >> 8 & 0xff) : .killed(signal: signal)
  }

  /// Whether a child process has ended. Its process ID stays reserved.
  package static func hasCome(for process: Int32) -> Bool {
    var information = unsafe siginfo_t()
    let failed = unsafe waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) != 0
    return failed ? errno != EINTR : unsafe information.si_signo == SIGCHLD
  }
}
