import ArgumentParser
import RunRecords

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the words of the command line have to be before they are parsed.
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
    // `help` is a word of the parser's own, whose next word is a command again.
    let command = words.first == "help" ? words.dropFirst().first : words.first
    guard let command, !command.hasPrefix("-"), command != "help", !names.contains(command) else {
      return
    }
    let suggestion = Spelling.nearest(to: command, among: names + topics).map {
      "; did you mean \($0)?"
    }
    throw CommandFailure(
      .usage, "there is no command \(command)\(suggestion ?? "; see regrok --help")")
  }

  /// A message about the words, with the command whose help says how they should be.
  static func pointingToHelp(_ message: String) -> String {
    let command = CommandLine.arguments.dropFirst().first
    let help = command.map { names.contains($0) ? "regrok help \($0)" : "regrok --help" }
    var text = message.hasSuffix(".") ? String(message.dropLast()) : message
    if let option = text.split(separator: "'").dropFirst().first?.split(separator: " ").first,
      text.hasPrefix("Missing value for"),
      let place = CommandLine.arguments.firstIndex(of: String(option)),
      let value = CommandLine.arguments[place...].dropFirst().first, value.hasPrefix("-")
    {
      text += "; a value that begins with - is written \(option)=\(value)"
    }
    if command == "sweep", text.hasPrefix("Unknown option"),
      ["'--sign'", "'--license'", "'--publisher'", "'--thin'"].contains(where: text.contains)
    {
      return
        "a sweep seals its bundles; regrok pack BUNDLE makes signed, licensed or thin ones of them"
    }
    return text + (text.hasSuffix("?") ? " See " : "; see ") + (help ?? "regrok --help")
  }

  private static let names = Regrok.configuration.subcommands.compactMap {
    $0.configuration.commandName
  }

  private static let topics = HelpTopic.allCases.map(\.rawValue)

  /// The arguments that Swift gives are repaired where they are not UTF-8, and so would name other
  /// files.
  private static func checkWords() throws(CommandFailure) {
    // Behind it stand the words of another program.
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
