import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What is piped into the program.
enum StandardInput {
  /// The next piece, of a megabyte at most; empty at the end.
  static func read() throws(CommandFailure) -> [UInt8] {
    var failure: Int32 = 0
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 20) { buffer, count in
      // SAFETY: the buffer has room for as many bytes as are asked for.
      var found: Int
      repeat {
        found = unsafe systemRead(STDIN_FILENO, buffer.baseAddress!, buffer.count)
      } while found < 0 && errno == EINTR
      failure = found < 0 ? errno : 0
      count = max(0, found)
    }
    guard failure == 0 else {
      throw CommandFailure(
        .inputOutput, "cannot read standard input: \(Output.errorText(failure))")
    }
    return piece
  }
}
