import ArgumentParser
private import CMalloc
private import CSystem
import Files
import RunRecords
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The option of every command that answers.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print the answer as JSON; see regrok help json.")
  var json = false

  var output: Output { Output(json: json) }
}

extension NameSpecification {
  /// `-o PATH`, `-oPATH` and `--output PATH`.
  static var output: NameSpecification {
    [.customShort("o", allowingJoined: true), .customLong("output")]
  }
}

/// Where a command answers: plain lines or JSON on stdout. Failures are one line on stderr.
///
/// Lines for people are made safe here, so that no caller has to: names and texts of strangers
/// stand in them. Bytes go straight to the descriptor, so nothing is lost in a buffer when the
/// program ends or dies.
struct Output: Sendable {
  /// The answer is JSON, and nothing but JSON goes to stdout.
  let json: Bool

  /// A line for people; nothing with `--json`.
  func line(_ text: String = "") {
    if !json { Self.write(TerminalText.line(text) + "\n") }
  }

  /// A line of a picture for people, drawn by ourselves, with its colours; no text of others may
  /// stand in it.
  func drawing(_ text: String) {
    if !json { Self.write(TerminalText.drawing(text) + "\n") }
  }

  /// A line of data that is no JSON, such as CSV: as it is and in UTF-8, whatever the locale.
  /// Nothing with `--json`. On a terminal, which could obey them, control characters are escaped.
  func data(_ line: String) {
    if !json { Self.write((Terminal.isOnOutput ? TerminalText.escaped(line) : line) + "\n") }
  }

  /// The answer for machines, on one line; nothing without `--json`.
  func answer(_ value: CanonicalJSON) {
    if json { Self.write(value) }
  }
}

// MARK: The process

extension Output {
  /// Makes the three standard descriptors exist, so that no file of ours is opened as one of them,
  /// and one that was closed fails when it is used; keeps freed memory for reuse; lets a write
  /// beyond the limit of a file's size fail like any other; and lets a crash end with our own exit
  /// status.
  static func prepareProcess() {
    for descriptor in STDIN_FILENO...STDERR_FILENO
    where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
      // `open` takes the lowest free number, which is this one. Standard output that cannot be
      // written is an error.
      _ = unsafe open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
    #if canImport(Glibc)
      // Buffers of some megabytes come and go: memory that goes back to the system in between is
      // cleared page by page when it comes again, which takes as long as reading a file.
      _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
      _ = mallopt(M_TRIM_THRESHOLD, 256 << 20)
    #endif
    // Also where the parent ignores it: a reader that has gone would not end a long answer.
    _ = signal(SIGPIPE, SIG_DFL)
    // The write then fails with EFBIG. Programs that are started have the signal again.
    _ = signal(SIGXFSZ, SIG_IGN)
    handleCrashes()
  }

  /// Lets a program that cannot go on end with a status of ours and a line that says why.
  private static func handleCrashes() {
    #if canImport(Glibc)
      // Swift says why it ends a program, with the calls that led there, on the C library's stderr,
      // which nothing else here uses. It is kept in memory: of memory that is lacking our line says
      // all, a bug is shown whole.
      if let stream = unsafe fmemopen(lastWords, lastWordsBytes, "w"),
        let standardError = unsafe dlsym(nil, "stderr")
      {
        _ = unsafe setvbuf(stream, nil, _IONBF, 0)
        unsafe standardError.assumingMemoryBound(to: UnsafeMutablePointer<FILE>?.self).pointee =
          stream
      }
      // The first call loads a library, which a handler must not.
      var frame: UnsafeMutableRawPointer?
      _ = unsafe system_backtrace(&frame, 1)
    #endif
    // A stack that cannot grow for lack of memory, too, ends here: so the handler has one of its
    // own.
    var stack = unsafe stack_t()
    unsafe stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: handlerBytes, alignment: 16)
    unsafe stack.ss_size = .init(handlerBytes)
    _ = unsafe sigaltstack(&stack, nil)
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS] {
      var action = sigaction()
      #if canImport(Glibc)
        unsafe action.__sigaction_handler.sa_handler = handler
      #else
        unsafe action.__sigaction_u.__sa_handler = handler
      #endif
      action.sa_flags = .init(SA_ONSTACK)
      _ = unsafe sigaction(number, &action, nil)
    }
  }

  private static let handlerBytes = 1 << 18
  private static let handler: @convention(c) (Int32) -> Void = { number in
    // Swift aborts when an allocation has failed; what it says before does not touch the number of
    // the error. Without memory even for that sentence it reads from address 0 instead.
    let code = errno
    if number == SIGABRT && code == ENOMEM
      || number == SIGSEGV && (code == ENOMEM || !hasMemory)
    {
      Output.end(.noResources, "regrok: the system has no more memory\n")
    }
    Output.end(.bug, "regrok: this is a bug of ours, please report it\n")
  }

  /// Whether the system gives a page for the stack or the heap.
  private static var hasMemory: Bool {
    let bytes = 1 << 20
    let place = unsafe mmap(
      nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard unsafe place != MAP_FAILED else { return false }
    _ = unsafe munmap(place, bytes)
    return true
  }

  private static let lastWordsBytes = 1 << 16
  /// Written by a stream of the C library, which locks it, and read by a handler that ends the
  /// program.
  private nonisolated(unsafe) static let lastWords: UnsafeMutablePointer<CChar> = {
    let bytes = UnsafeMutablePointer<CChar>.allocate(capacity: lastWordsBytes)
    unsafe bytes.initialize(repeating: 0, count: lastWordsBytes)
    return unsafe bytes
  }()

  /// Ends the program from within a signal handler; of a bug it says all that helps to find it.
  private static func end(_ status: ExitStatus, _ text: StaticString) -> Never {
    // SAFETY: a static string is never freed; all calls are safe in a signal handler, what Swift
    // said ends in NUL within its bytes, and the buffer has room for as many frames as are asked
    // for.
    _ = unsafe systemWrite(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    #if canImport(Glibc)
      if status == .bug {
        _ = unsafe systemWrite(STDERR_FILENO, lastWords, strnlen(lastWords, lastWordsBytes))
        unsafe withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 32) {
          let count = unsafe system_backtrace($0.baseAddress!, 32)
          unsafe system_backtrace_symbols_fd($0.baseAddress!, count, STDERR_FILENO)
        }
      }
    #endif
    _exit(status.rawValue)
  }

  /// A command whose work matters more than its output calls this: a reader that has gone away
  /// (`regrok run | head`) then does not end it.
  static func outliveReader() {
    _ = signal(SIGPIPE, SIG_IGN)
  }
}

// MARK: Answers in JSON

extension Output {
  /// What has been answered so far. After `closed`, which is set by who ends the program, nothing
  /// more is.
  private enum Answers { case nothing, something, closed }

  private static let answers = Mutex(Answers.nothing)

  /// Writes a line of JSON to stdout.
  static func write(_ value: CanonicalJSON) {
    answers.withLock { answers in
      // Another thread is about to end the program, with a status of its own.
      while answers == .closed { pause(seconds: 1) }
      write(TerminalText.json(value) + "\n")
      answers = .something
    }
  }

  /// Answers that the command has failed, if the command line asks for JSON.
  static func answerFailure(_ status: ExitStatus, _ reason: String) {
    if isJSONWanted { write(failure(status, reason)) }
  }

  /// The same for a command that is interrupted: nothing if it has answered already, or is just
  /// doing so. For any thread that ends the program next; it does not wait for the others.
  static func closeAnswers(_ status: ExitStatus, _ reason: String) {
    _ = answers.withLockIfAvailable { answers in
      if answers == .nothing && isJSONWanted {
        write(TerminalText.json(failure(status, reason)) + "\n")
      }
      answers = .closed
    }
  }

  private static func failure(_ status: ExitStatus, _ reason: String) -> CanonicalJSON {
    ["error": .string(reason), "status": CanonicalJSON(Int(status.rawValue))]
  }

  /// Whether JSON is asked for. This is known even of words that cannot be parsed.
  private static var isJSONWanted: Bool {
    CommandLine.arguments.dropFirst().prefix { $0 != "--" }.contains("--json")
  }
}

// MARK: Writing

extension Output {
  /// Writes to stdout. A full disk ends the program with 74; a reader that has gone away ends it as
  /// SIGPIPE does, unless the command outlives its reader.
  static func write(_ text: String) { write(bytes: Array(text.utf8)) }

  /// Writes raw bytes to stdout.
  static func write(bytes: [UInt8]) {
    let failure = write(bytes[...], to: STDOUT_FILENO)
    if failure != 0 && failure != EPIPE {
      fail(.inputOutput, "cannot write standard output: \(errorText(failure))")
    }
  }

  /// Writes a line to stderr, as far as that can be done; `text` may end in the line's own break.
  static func writeError(_ text: String) {
    let text = text.hasSuffix("\n") ? String(text.dropLast()) : text
    writeError(raw: TerminalText.line(text) + "\n")
  }

  /// Writes text to stderr that is already safe.
  static func writeError(raw text: String) {
    _ = write(Array(text.utf8)[...], to: STDERR_FILENO)
  }

  /// Writes all bytes; the error number, or 0.
  static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Int32 {
    var rest = bytes
    while !rest.isEmpty {
      let written = unsafe rest.withUnsafeBytes { buffer in
        // SAFETY: the buffer is not empty, so it has a base address, and lives through the call.
        unsafe systemWrite(descriptor, buffer.baseAddress!, buffer.count)
      }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// Says why on one line of stderr, and ends the program.
  static func fail(_ status: ExitStatus, _ reason: String) -> Never {
    writeError("\(Software.name): \(reason)")
    exit(status)
  }

  static func exit(_ status: ExitStatus) -> Never { exit(code: status.rawValue) }

  static func exit(code: Int32) -> Never {
    #if canImport(Glibc)
      Glibc.exit(code)
    #else
      Darwin.exit(code)
    #endif
  }

  /// The system's text for an error number.
  static func errorText(_ number: Int32) -> String { unsafe String(cString: strerror(number)) }
}
