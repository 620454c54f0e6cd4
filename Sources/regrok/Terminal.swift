private import Files

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the terminals on stdout and stderr are like.
enum Terminal {
  static var isOnOutput: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether lines on stderr can be drawn over again: on a terminal that moves its cursor, for a
  /// user who has not asked for plain text.
  static var canRedraw: Bool { isatty(STDERR_FILENO) == 1 && isRich }

  /// Whether colours and a moving cursor are wanted.
  static var isRich: Bool {
    let environment = ProcessFacts.environment
    return (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// Columns for what goes to stdout: as COLUMNS says, else as the terminal there has; nil for a
  /// file or a pipe.
  static var outputColumns: Int? { askedColumns ?? size(of: STDOUT_FILENO)?.columns }

  /// Columns for what is drawn on stderr; 80 where unknown.
  static var errorColumns: Int { askedColumns ?? size(of: STDERR_FILENO)?.columns ?? 80 }

  /// Lines of the terminal on stderr; 24 where unknown.
  static var errorLines: Int { size(of: STDERR_FILENO)?.lines ?? 24 }

  private static var askedColumns: Int? {
    ProcessFacts.environment["COLUMNS"].flatMap { Int($0) }
      .flatMap { (1...10_000).contains($0) ? $0 : nil }
  }

  private static func size(of descriptor: Int32) -> (columns: Int, lines: Int)? {
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return (size.ws_col > 0 ? Int(size.ws_col) : 80, size.ws_row > 0 ? Int(size.ws_row) : 24)
  }
}
