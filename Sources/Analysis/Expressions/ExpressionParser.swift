private import RunRecords

/// Why an expression cannot be read: one clause.
package struct ExpressionError: Error, Hashable {
  package var reason: String
}

/// Reads expressions, and knows the names that a file defines.
///
/// A name stands for its whole definition wherever it is used. So a definition must not lead back
/// to itself, and the terms of an expression are limited, counting those that its names stand for.
struct ExpressionParser {
  /// The most terms of an expression, including those that its names stand for.
  static let mostTerms = 5000
  /// The longest expression, in bytes.
  static let longest = 2000
  /// How deep parentheses, calls, signs and names may nest.
  static let mostLevels = 60
  /// The most terms of all expressions of a file, which limits the work that a small file can
  /// cause.
  static let mostTermsOfFile = 200_000

  private let definitions: Definitions

  init(definitions: [String: String] = [:]) { self.definitions = Definitions(definitions) }

  /// What the value of an expression has to be.
  enum Wanted { case number, condition, any }

  func expression(_ text: String, _ wanted: Wanted = .any) throws(ExpressionError) -> Expression {
    var reader = Reader(definitions: definitions)
    let (expression, kind) = try reader.expression(try Reader.tokens(text), inside: [])
    switch wanted {
    case .number where kind != .number && kind != .any:
      throw ExpressionError(reason: "it must have a number as its value")
    case .condition where kind != .truth && kind != .any:
      throw ExpressionError(reason: "it must be a condition, as t_grok > 1000")
    default: return expression
    }
  }

  /// Whether `text` is one word that can be given a definition.
  func isName(_ text: String) throws(ExpressionError) -> Bool {
    let words = try Reader.tokens(text)
    guard words.count == 2, case .name(let name) = words[0].content else { return false }
    let taken =
      ["and", "or", "not", "true", "false", "joined", "before"]
      + Expression.Function.allCases.map(\.rawValue)
      + Expression.Aggregate.allCases.map(\.rawValue)
    return name == text && !taken.contains(name)
  }
}

extension Expression {
  /// The names that every run has; they are suggested to those who mistyped one.
  package static let names: [String] =
    outcomeNames + configNames + fitNames.map { "fit." + $0 } + predictedNames.map(\.name)
    + columnNames + spectrumNames.map { "spectrum." + $0 } + ["trajectory", "spectrum.common_bins"]

  fileprivate static let outcomeNames = [
    "t_mem", "t_grok", "v_initial", "v_mem", "v_post", "last_step", "stop_reason",
  ]
  fileprivate static let fitNames = [
    "rate", "gamma", "r_squared", "amplitude", "exponent", "floor",
  ]
  fileprivate static let predictedNames: [(name: String, form: DelayPredictor.Form)] = [
    ("predicted.fitted", .algorithm(.fitted)), ("predicted.eta_lambda", .algorithm(.single)),
    ("predicted.two_eta_lambda", .algorithm(.double)), ("predicted.mean_delay", .meanDelay),
    ("predicted.first_passage", .firstPassage),
  ]
  fileprivate static let columnNames =
    ["step"] + MetricsRow.columns.map(\.name)
    + RunSpec.addedHeadingsOfAnyModel
  fileprivate static let spectrumNames = [
    "step", "outside", "bins", "outside_half", "bins_half", "outside_common",
  ]
  fileprivate static let configNames = RunSpec.keys

  fileprivate static func name(_ text: String) -> Name? {
    func member(_ section: String, of names: [String]) -> String? {
      guard text.hasPrefix(section + ".") else { return nil }
      let key = String(text.dropFirst(section.count + 1))
      return names.contains(key) ? key : nil
    }
    if outcomeNames.contains(text) { return .outcome(text) }
    if columnNames.contains(text) || text.hasPrefix(RunSpec.tensorHeading) { return .column(text) }
    if let key = member("fit", of: fitNames) { return .fit(key) }
    if let key = member("spectrum", of: spectrumNames) { return .spectrum(key) }
    if let entry = predictedNames.first(where: { $0.name == text }) {
      return .predicted(entry.form)
    }
    if text == "trajectory" { return .trajectory }
    if text == "spectrum.common_bins" { return .ownCommonBins }
    return configNames.contains(text) ? .config(text) : nil
  }

  /// Whether it uses the spectra of a run.
  var usesSpectra: Bool {
    contains { part in
      switch part {
      case .name(.spectrum), .name(.ownCommonBins): true
      default: false
      }
    }
  }

  /// Whether it asks for the run that is joined to its own.
  var usesJoinedRun: Bool { contains { if case .joined = $0 { true } else { false } } }

  /// Whether it depends on a run's results, and not only on its config.
  var usesResult: Bool {
    contains { part in
      switch part {
      case .name(.config), .name(.trajectory): false
      case .name, .aggregate, .joined: true
      default: false
      }
    }
  }

  /// The columns of rows that it uses and that not every run has.
  var addedColumns: Set<String> {
    var found: Set<String> = []
    _ = contains { part in
      if case .name(.column(let name)) = part { found.insert(name) }
      return false
    }
    return found.subtracting(["step"] + MetricsRow.columns.map(\.name))
  }

  /// Whether it contains a prediction.
  fileprivate var usesPrediction: Bool {
    contains { if case .name(.predicted) = $0 { true } else { false } }
  }

  /// Whether it has a value only at a row or a spectrum.
  private var usesPlace: Bool {
    contains(inAggregates: false) { part in
      switch part {
      case .name(.column), .name(.spectrum), .before: true
      default: false
      }
    }
  }

  /// Whether it or one of its parts satisfies `isOne`.
  private func contains(inAggregates: Bool = true, _ isOne: (Expression) -> Bool) -> Bool {
    var first = self
    // A sum nests to the left, one level for each term: a loop instead of a recursion.
    while case .binary(_, let left, let right) = first {
      if right.contains(inAggregates: inAggregates, isOne) { return true }
      first = left
    }
    if isOne(first) { return true }
    func isThere(_ part: Expression) -> Bool { part.contains(inAggregates: inAggregates, isOne) }
    switch first {
    case .literal, .name, .binary: return false
    case .negative(let part), .not(let part), .joined(let part), .before(let part):
      return isThere(part)
    case .call(_, let parts): return parts.contains(where: isThere)
    case .aggregate(_, let part, let condition, _):
      return inAggregates && (isThere(part) || condition.map(isThere) ?? false)
    }
  }

  /// Why it cannot be a value of a whole run; nil if it can.
  var objectionAsRunValue: ExpressionError? {
    usesPlace
      ? ExpressionError(
        reason: "a column of rows or spectra stands in first, last, least, most or average")
      : nil
  }
}

// MARK: Reading

private enum Kind: Equatable { case number, text, truth, any }

private struct Token: Equatable {
  enum Content: Equatable {
    case number(Double)
    case text(String)
    case name(String)
    case sign(String)
    case end
  }
  var content: Content
  /// The token as it stands in the text.
  var spelling: String
}

/// The definitions of a file, each split into tokens once, and how many terms of the file have been
/// read.
private final class Definitions {
  let texts: [String: String]
  private var tokens: [String: [Token]] = [:]
  var terms = 0

  init(_ texts: [String: String]) { self.texts = texts }

  func tokens(of name: String) throws(ExpressionError) -> [Token]? {
    if let known = tokens[name] { return known }
    guard let text = texts[name] else { return nil }
    let found = try Reader.tokens(text)
    tokens[name] = found
    return found
  }
}

private struct Reader {
  let definitions: Definitions
  private var terms = 0
  /// The definitions that are being read, the innermost last.
  private var inside: [String] = []
  private var tokens: [Token] = []
  private var next = 0
  private var level = 0
  private var isInAggregate = false

  init(definitions: Definitions) { self.definitions = definitions }

  mutating func expression(_ words: [Token], inside: [String]) throws(ExpressionError) -> Typed {
    self.inside = inside
    let (outerTokens, outerNext) = (tokens, next)
    defer { (tokens, next) = (outerTokens, outerNext) }
    tokens = words
    next = 0
    let result = try disjunction()
    guard token.content == .end else {
      throw ExpressionError(reason: "\"\(token.spelling)\" is not expected there")
    }
    return result
  }

  typealias Typed = (expression: Expression, kind: Kind)

  private var token: Token { tokens[next] }

  private mutating func take(_ sign: String) -> Bool {
    let isThere =
      switch token.content {
      case .sign(sign), .name(sign): true
      default: false
      }
    if isThere { next += 1 }
    return isThere
  }

  private mutating func expect(_ sign: String) throws(ExpressionError) {
    guard take(sign) else {
      throw ExpressionError(
        reason: token.content == .end
          ? "it ends where \"\(sign)\" is expected"
          : "\"\(sign)\" is expected, not \"\(token.spelling)\"")
    }
  }

  private mutating func count() throws(ExpressionError) {
    terms += 1
    guard terms <= ExpressionParser.mostTerms else {
      throw ExpressionError(
        reason: "it stands for more than \(ExpressionParser.mostTerms) terms")
    }
    definitions.terms += 1
    guard definitions.terms <= ExpressionParser.mostTermsOfFile else {
      throw ExpressionError(
        reason: "with it the file's expressions stand for more than "
          + "\(ExpressionParser.mostTermsOfFile) terms")
    }
  }

  private mutating func deeper<T>(
    _ read: (inout Reader) throws(ExpressionError) -> T
  ) throws(ExpressionError) -> T {
    level += 1
    defer { level -= 1 }
    guard level <= ExpressionParser.mostLevels else {
      throw ExpressionError(
        reason: "more than \(ExpressionParser.mostLevels) levels lie in each other")
    }
    return try read(&self)
  }

  private func demand(_ part: Typed, _ kind: Kind, of sign: String) throws(ExpressionError) {
    guard part.kind == kind || part.kind == .any else {
      let wanted = kind == .number ? "numbers" : "conditions"
      let found =
        switch part.kind {
        case .number: "a number"
        case .text: "a text"
        default: "a condition"
        }
      throw ExpressionError(reason: "\"\(sign)\" takes \(wanted), not \(found)")
    }
  }

  private mutating func disjunction() throws(ExpressionError) -> Typed {
    var left = try conjunction()
    while take("or") {
      let right = try conjunction()
      left = try join(.or, left, right, .truth, .truth)
    }
    return left
  }

  private mutating func conjunction() throws(ExpressionError) -> Typed {
    var left = try negation()
    while take("and") {
      let right = try negation()
      left = try join(.and, left, right, .truth, .truth)
    }
    return left
  }

  private mutating func negation() throws(ExpressionError) -> Typed {
    guard take("not") else { return try comparison() }
    try count()
    let part = try deeper { reader throws(ExpressionError) in try reader.negation() }
    try demand(part, .truth, of: "not")
    return (.not(part.expression), .truth)
  }

  private mutating func comparison() throws(ExpressionError) -> Typed {
    let left = try sum()
    guard case .sign(let text) = token.content, let sign = Expression.Operator(rawValue: text)
    else { return left }
    switch sign {
    case .equal, .unequal:
      next += 1
      let right = try sum()
      guard left.kind == right.kind || left.kind == .any || right.kind == .any else {
        throw ExpressionError(
          reason: "\"\(text)\" compares a text with a text and a number with a number")
      }
      try count()
      return (.binary(sign, left.expression, right.expression), .truth)
    case .less, .atMost, .greater, .atLeast:
      next += 1
      let right = try sum()
      return try join(sign, left, right, .number, .truth)
    default: return left
    }
  }

  private mutating func sum() throws(ExpressionError) -> Typed {
    var left = try product()
    while case .sign(let text) = token.content, text == "+" || text == "-" {
      next += 1
      let right = try product()
      left = try join(text == "+" ? .add : .subtract, left, right, .number, .number)
    }
    return left
  }

  private mutating func product() throws(ExpressionError) -> Typed {
    var left = try factor()
    while case .sign(let text) = token.content, text == "*" || text == "/" {
      next += 1
      let right = try factor()
      left = try join(text == "*" ? .multiply : .divide, left, right, .number, .number)
    }
    return left
  }

  /// A sign binds weaker than a power: -x^2 is -(x^2).
  private mutating func factor() throws(ExpressionError) -> Typed {
    if take("-") {
      try count()
      let part = try deeper { reader throws(ExpressionError) in try reader.factor() }
      try demand(part, .number, of: "-")
      return (.negative(part.expression), .number)
    }
    let base = try primary()
    guard take("^") else { return base }
    let exponent = try deeper { reader throws(ExpressionError) in try reader.factor() }
    return try join(.power, base, exponent, .number, .number)
  }

  private mutating func join(
    _ sign: Expression.Operator, _ left: Typed, _ right: Typed, _ takes: Kind, _ gives: Kind
  ) throws(ExpressionError) -> Typed {
    try demand(left, takes, of: sign.rawValue)
    try demand(right, takes, of: sign.rawValue)
    try count()
    return (.binary(sign, left.expression, right.expression), gives)
  }

  private mutating func primary() throws(ExpressionError) -> Typed {
    try count()
    let token = token
    switch token.content {
    case .number(let value):
      next += 1
      return (.literal(.number(value)), .number)
    case .text(let text):
      next += 1
      return (.literal(.text(text)), .text)
    case .sign("("):
      next += 1
      let part = try deeper { reader throws(ExpressionError) in try reader.disjunction() }
      try expect(")")
      return part
    case .name(let name):
      next += 1
      if name == "true" || name == "false" { return (.literal(.truth(name == "true")), .truth) }
      return self.token.content == .sign("(") ? try call(name) : try named(name)
    case .sign: throw ExpressionError(reason: "a value is expected, not \"\(token.spelling)\"")
    case .end: throw ExpressionError(reason: "it ends where a value is expected")
    }
  }

  private mutating func call(_ name: String) throws(ExpressionError) -> Typed {
    try expect("(")
    let aggregate = Expression.Aggregate(rawValue: name)
    let function = Expression.Function(rawValue: name)
    guard aggregate != nil || function != nil || ["joined", "before"].contains(name) else {
      let known =
        Expression.Function.allCases.map(\.rawValue) + Expression.Aggregate.allCases.map(\.rawValue)
        + ["joined", "before"]
      let meant = Spelling.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw ExpressionError(reason: "there is no function \(name)\(meant)")
    }
    if aggregate != nil && isInAggregate {
      throw ExpressionError(reason: "\(name) stands inside another of its kind")
    }
    isInAggregate = isInAggregate || aggregate != nil
    defer { if aggregate != nil { isInAggregate = false } }
    var parts: [Typed] = []
    repeat {
      parts.append(try deeper { reader throws(ExpressionError) in try reader.disjunction() })
    } while take(",")
    try expect(")")
    if let aggregate {
      guard (1...2).contains(parts.count) else {
        throw ExpressionError(reason: "\(name) takes a value and, if need be, a condition")
      }
      if parts.count == 2 { try demand(parts[1], .truth, of: name) }
      let condition = parts.count == 2 ? parts[1].expression : nil
      return (
        .aggregate(
          aggregate, of: parts[0].expression, where: condition,
          overSpectra: parts[0].expression.usesSpectra || condition?.usesSpectra ?? false),
        parts[0].kind
      )
    }
    guard let function else {
      guard parts.count == 1 else { throw ExpressionError(reason: "\(name) takes one value") }
      if name == "before" {
        guard !parts[0].expression.usesSpectra else {
          throw ExpressionError(reason: "before is of rows, not of spectra")
        }
        return (.before(parts[0].expression), parts[0].kind)
      }
      guard !parts[0].expression.usesPrediction else {
        throw ExpressionError(
          reason: "a prediction is of the quantity's own runs, not of joined ones")
      }
      return (.joined(parts[0].expression), parts[0].kind)
    }
    // Without a third argument, `if` is missing where the condition does not hold.
    if function == .if && parts.count == 2 { parts.append((.literal(.missing), parts[1].kind)) }
    guard parts.count == function.arity else {
      throw ExpressionError(
        reason:
          "\(name) takes \(function.arity) value\(function.arity == 1 ? "" : "s"), "
          + "not \(parts.count)"
      )
    }
    let kind: Kind
    switch function {
    case .if:
      try demand(parts[0], .truth, of: name)
      kind = parts[1].kind == parts[2].kind ? parts[1].kind : .any
    case .has: kind = .truth
    case .otherwise: kind = parts[0].kind == parts[1].kind ? parts[0].kind : .any
    default:
      for part in parts { try demand(part, .number, of: name) }
      kind = .number
    }
    return (.call(function, parts.map(\.expression)), kind)
  }

  private mutating func named(_ name: String) throws(ExpressionError) -> Typed {
    if let words = try definitions.tokens(of: name) {
      guard !inside.contains(name) else {
        throw ExpressionError(
          reason: "\(name) is defined by itself: \((inside + [name]).joined(separator: " → "))")
      }
      let outer = inside
      defer { inside = outer }
      return try deeper { reader throws(ExpressionError) in
        try reader.expression(words, inside: outer + [name])
      }
    }
    guard let known = Expression.name(name) else {
      let meant = Spelling.nearest(
        to: name, among: Expression.names + definitions.texts.keys.sorted())
      throw ExpressionError(
        reason: "there is no \(name)" + (meant.map { "; did you mean \($0)?" } ?? ""))
    }
    switch known {
    case .outcome("stop_reason"), .trajectory: return (.name(known), .text)
    case .config: return (.name(known), .any)
    default: return (.name(known), .number)
    }
  }

  // MARK: Words

  private static let signs = [
    "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "^", "(", ")", ",",
  ]

  fileprivate static func tokens(_ text: String) throws(ExpressionError) -> [Token] {
    guard text.utf8.count <= ExpressionParser.longest else {
      throw ExpressionError(
        reason: "an expression has at most \(ExpressionParser.longest) bytes")
    }
    var tokens: [Token] = []
    var rest = text[...]
    while let first = rest.first {
      if first == " " || first.isNewline {
        rest.removeFirst()
      } else if first.isASCII && first.isNumber {
        let spelling = number(rest)
        guard let value = Double(spelling), value.isFinite else {
          throw ExpressionError(reason: "\(spelling) is not a number")
        }
        tokens.append(Token(content: .number(value), spelling: String(spelling)))
        rest = rest[spelling.endIndex...]
      } else if first == "'" {
        let content = rest.dropFirst().prefix { $0 != "'" }
        guard content.endIndex < rest.endIndex else {
          throw ExpressionError(reason: "a text has no second '")
        }
        tokens.append(Token(content: .text(String(content)), spelling: "'\(content)'"))
        rest = rest[rest.index(after: content.endIndex)...]
      } else if isName(first) {
        let name = rest.prefix { isName($0) || $0 == "." || $0.isNumber }
        tokens.append(Token(content: .name(String(name)), spelling: String(name)))
        rest = rest[name.endIndex...]
      } else if let sign = signs.first(where: { rest.hasPrefix($0) }) {
        tokens.append(Token(content: .sign(sign), spelling: sign))
        rest.removeFirst(sign.count)
      } else {
        throw ExpressionError(
          reason: "\"\(first)\" has no meaning there"
            + (first == "=" ? "; equality is ==" : first == "\"" ? "; a text stands in '" : ""))
      }
    }
    tokens.append(Token(content: .end, spelling: ""))
    return tokens
  }

  private static func isName(_ character: Character) -> Bool {
    character.isLetter || character == "_"
  }

  /// The digits, point and exponent at the beginning.
  private static func number(_ text: Substring) -> Substring {
    var end = text.prefix { $0.isASCII && $0.isNumber || $0 == "." }.endIndex
    if end < text.endIndex, text[end] == "e" || text[end] == "E" {
      var digits = text.index(after: end)
      if digits < text.endIndex, text[digits] == "-" || text[digits] == "+" {
        digits = text.index(after: digits)
      }
      let exponent = text[digits...].prefix { $0.isASCII && $0.isNumber }
      if !exponent.isEmpty { end = exponent.endIndex }
    }
    return text[..<end]
  }
}
