import ArgumentParser
import Configs
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Checks the words of the command line before they are parsed.
enum CommandLineCheck {
  /// - Throws: A failure with the status of a wrong usage.
  static func perform() throws(CommandFailure) {
    try checkWords()
    let words = CommandLine.arguments.dropFirst()
    if words.first == "help", words.count == 2,
      let topic = words.last.flatMap(HelpTopic.init(word:))
    {
      Output.write(topic.text + "\n")
      Output.exit(code: ExitStatus.done.rawValue)
    }
    // `help` belongs to the parser; the word after it is a command.
    let command = words.first == "help" ? words.dropFirst().first : words.first
    if let command, !command.hasPrefix("-"), command != "help", !names.contains(command) {
      let suggestion =
        command == "version"
        ? "; did you mean --version?"
        : Spelling.nearest(to: command, among: names + topics).map { "; did you mean \($0)?" }
      throw CommandFailure(
        .usage, "there is no command \(command)\(suggestion ?? "; see regrok --help")")
    }
    try checkShortOptions(of: command)
  }

  /// Refuses words that begin with one dash and are no option, such as the names that a shell puts
  /// in for `*`. The parser would take each of their letters for an option of its own, and an `h`
  /// among them, as in `-hash.tar.zst`, for a request for help.
  private static func checkShortOptions(of command: String?) throws(CommandFailure) {
    // After "--" come files, or the arguments of another program.
    let words = CommandLine.arguments.dropFirst().prefix { $0 != "--" }
    for (previous, word) in zip(CommandLine.arguments, words)
    where word.hasPrefix("-") && !word.hasPrefix("--") && word.count > 2 {
      let valued = valueOptions(of: command)
      // `-oPATH` and `-o=PATH`. That an option lacks its value is said by the parser.
      if valued.contains(String(word.prefix(2))) || valued.contains(previous) { continue }
      let name = word.prefix { $0 != "=" }
      let long = "-\(name)"
      let advice =
        options(of: command).contains(long)
        ? "did you mean \(long)?" : "a file of this name is written ./\(word)"
      throw CommandFailure(.usage, "there is no option \(word); \(advice)")
    }
  }

  /// A message about the words, with advice, or the command whose help says how they should be.
  static func pointingToHelp(_ message: String) -> String {
    let command = CommandLine.arguments.dropFirst().first
    let help = command.map { names.contains($0) ? "regrok help \($0)" : "regrok --help" }
    var text = message.hasSuffix(".") ? String(message.dropLast()) : message
    // The parser puts many values one below the other.
    text = text.replacing(" the following:\n  - ", with: ": ").replacing("\n  - ", with: ", ")
    // What is missing may only have been mistyped.
    if text.hasPrefix("Missing expected argument"), let option = unknownOption(of: command) {
      let near = Spelling.nearest(to: option, among: options(of: command))
      text = "Unknown option '\(option)'" + (near.map { ". Did you mean '\($0)'?" } ?? "")
    }
    if let option = text.split(separator: "'").dropFirst().first?.split(separator: " ").first {
      if text.hasPrefix("Unknown option"),
        let advice = advice(onUnknown: String(option), of: command)
      {
        return advice
      }
      if text.hasPrefix("Missing value for"),
        let place = CommandLine.arguments.firstIndex(of: String(option)),
        let value = CommandLine.arguments[place...].dropFirst().first, value.hasPrefix("-")
      {
        text += "; a value that begins with - is written \(option)=\(value)"
      }
    }
    return text + (text.hasSuffix("?") ? " See " : "; see ") + (help ?? "regrok --help")
  }

  /// How to get what an option was meant for that the command does not have.
  private static func advice(onUnknown option: String, of command: String?) -> String? {
    if command == "-v" || command == "-V" { return "there is no \(option); it is --version" }
    if command == "sweep", ["--sign", "--license", "--publisher", "--thin"].contains(option) {
      return "sweep cannot sign, license or thin its bundles; use regrok pack BUNDLE afterwards"
    }
    guard command == "run" || command == "sweep", let key = configKey(meantBy: option) else {
      return nil
    }
    return "\(option): it is no option, but \(key) is a key of a config: "
      + (command == "run" ? "use --set \(key)=VALUE" : "the plan sets it")
  }

  /// The help of a command; that of the whole program where there is no such command.
  private static func help(of command: String?) -> String {
    let type = Regrok.configuration.subcommands.first {
      $0.configuration.commandName == command
    }
    return Regrok.helpMessage(for: type ?? Regrok.self)
  }

  /// All long options that a command's help names.
  private static func options(of command: String?) -> [String] {
    help(of: command).split { " ,\n[]()<>|.;".contains($0) }.map(String.init)
      .filter { $0.hasPrefix("--") }
  }

  /// The options of a command that take a value, short and long ones. In the list that ends the
  /// help, a line begins `  -o, --output <file>  `.
  private static func valueOptions(of command: String?) -> Set<String> {
    var options: Set<String> = []
    for line in help(of: command).split(separator: "\n") where line.hasPrefix("  -") {
      let words = line.split { " ,".contains($0) }
      let names = words.prefix { $0.hasPrefix("-") }
      guard let value = words.dropFirst(names.count).first, value.hasPrefix("<") else { continue }
      options.formUnion(names.map(String.init))
    }
    return options
  }

  /// The first long option of the command line that the command does not have.
  private static func unknownOption(of command: String?) -> String? {
    let known = Set(options(of: command))
    return CommandLine.arguments.dropFirst(2).prefix { $0 != "--" }
      .filter { $0.hasPrefix("--") }
      .compactMap { $0.split(separator: "=").first.map(String.init) }
      .first { !known.contains($0) }
  }

  /// The key of a config that was taken for an option, as in `--seed 7`.
  private static func configKey(meantBy option: String) -> String? {
    let word = String(
      option.drop { $0 == "-" }.prefix { $0 != "=" }.map { $0 == "-" ? "_" : $0 })
    return ConfigKeys.key(meantBy: word)
  }

  private static let names = Regrok.configuration.subcommands.compactMap {
    $0.configuration.commandName
  }

  private static let topics = HelpTopic.allCases.map(\.rawValue)

  /// Swift repairs arguments that are not UTF-8; they would then name other files.
  private static func checkWords() throws(CommandFailure) {
    // After "--" come the arguments of another program.
    let end = CommandLine.arguments.firstIndex(of: "--") ?? CommandLine.arguments.count
    for index in 1..<max(1, Int(CommandLine.argc)) {
      // SAFETY: `argv` has `argc` words, each of which ends in NUL; they live as long as the
      // program.
      guard let word = unsafe CommandLine.unsafeArgv[index] else { continue }
      let bytes = unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
      if bytes.isEmpty && index < end {
        throw CommandFailure(.usage, "argument \(index) is empty")
      }
      guard String(validating: bytes, as: UTF8.self) != nil else {
        throw CommandFailure(
          .usage, "argument \(index) is not UTF-8: \(TerminalText.escaped(bytes: bytes))")
      }
    }
  }
}
