private import CSystem

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A process to be started without a shell: a program, its arguments and its surroundings.
package struct ProcessSpawn: Sendable {
  /// What one of the three standard streams leads to.
  package enum Stream: Sendable {
    /// The same stream of this process.
    case inherited
    case nothing
    /// A file: read as input, or created or emptied as output.
    case file(String)
    case descriptor(Int32)
  }

  /// The program, searched for in the PATH of this process, and its arguments.
  package var arguments: [String]
  /// All environment variables, each as `NAME=VALUE`.
  package var variables: [String]
  /// The working directory; nil: that of this process. A program named with a slash is looked for
  /// from there.
  package var directory: String?
  /// Whether it leads a session of its own. Signals then reach it and its children by one number,
  /// and none of them has the terminal.
  package var hasOwnSession = false
  package var input = Stream.inherited
  package var output = Stream.inherited
  package var errors = Stream.inherited

  /// A process with the environment of this one.
  package init(_ arguments: [String]) {
    precondition(!arguments.isEmpty, "a process without a program")
    self.arguments = arguments
    variables = ProcessFacts.environment.map { $0.key + "=" + $0.value }.sorted()
  }

  /// Starts it, with no signal blocked.
  ///
  /// - Returns: Its process ID. It stays the caller's until `ProcessEnd` has been waited for.
  package func start() throws(FileError) -> Int32 {
    Self.keepEnds()
    // Another thread may be starting a child, which for a moment still holds files that this
    // process was writing. A program that was written just now is then "busy".
    for _ in 0..<100 {
      do throws(FileError) {
        return try startOnce()
      } catch {
        guard case .system(_, _, ETXTBSY) = error else { throw error }
        pause(seconds: 0.005)
      }
    }
    return try startOnce()
  }

  private func startOnce() throws(FileError) -> Int32 {
    var process = pid_t()
    // SAFETY: both lists hold copies that are freed after the call, and end in nil. What is
    // initialised here is destroyed.
    let failure: Int32 = unsafe withCStrings(arguments) { words in
      unsafe withCStrings(variables) { variables in
        #if canImport(Darwin)
          var actions: posix_spawn_file_actions_t?
          var attributes: posix_spawnattr_t?
        #else
          var actions = unsafe posix_spawn_file_actions_t()
          var attributes = posix_spawnattr_t()
        #endif
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        let reading = (O_RDONLY, mode_t(0))
        let writing = (O_WRONLY | O_CREAT | O_TRUNC, mode_t(0o600))
        for (stream, number, (flags, mode)) in [
          (input, STDIN_FILENO, reading), (output, STDOUT_FILENO, writing),
          (errors, STDERR_FILENO, writing),
        ] {
          switch stream {
          case .inherited: break
          case .nothing:
            unsafe posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
          case .file(let path):
            unsafe posix_spawn_file_actions_addopen(&actions, number, path, flags, mode)
          case .descriptor(let descriptor):
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, number)
          }
        }
        if let directory {
          #if canImport(Darwin)
            unsafe posix_spawn_file_actions_addchdir(&actions, directory)
          #else
            unsafe system_spawn_addchdir(&actions, directory)
          #endif
        }
        var blocked = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
        // This process may ignore these signals; a started program would inherit that.
        var restored = sigset_t()
        unsafe sigemptyset(&restored)
        for number in [SIGPIPE, SIGXFSZ] { unsafe sigaddset(&restored, number) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &restored)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
        #if canImport(Darwin)
          if hasOwnSession { flags |= Int32(POSIX_SPAWN_SETSID) }
        #else
          if hasOwnSession { flags |= SYSTEM_SPAWN_SETSID }
        #endif
        unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
        return unsafe posix_spawnp(
          &process, arguments[0], &actions, &attributes, words, variables)
      }
    }
    guard failure == 0 else {
      throw .system(operation: "start", path: arguments[0], code: failure)
    }
    return process
  }

  /// Restores the default for SIGCHLD if this process inherited from its parent that it is ignored.
  /// The system would otherwise forget how the children ended.
  private static func keepEnds() {
    var action = sigaction()
    guard unsafe sigaction(SIGCHLD, nil, &action) == 0 else { return }
    #if canImport(Glibc)
      let handler = unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
    #else
      let handler = unsafe unsafeBitCast(action.__sigaction_u.__sa_handler, to: Int.self)
    #endif
    if unsafe handler == unsafeBitCast(SIG_IGN, to: Int.self) { _ = signal(SIGCHLD, SIG_DFL) }
  }

  @unsafe private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return unsafe body(copies + [nil])
  }
}
