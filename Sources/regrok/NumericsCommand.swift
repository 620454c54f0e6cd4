import ArgumentParser
import DeterministicNumerics
import Reports

/// `regrok numerics`: the arithmetic's building blocks from outside, so that anyone can check them
/// against SPEC.md.
struct NumericsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "numerics",
    abstract: "Apply one function of regrok's arithmetic to raw binary32 numbers.",
    discussion: """
      Reads numbers from standard input and writes the results to standard output, to check the \
      arithmetic of SPEC.md from outside. Numbers are raw little-endian binary32.

        exp, log, erf, cospi, gelu, gelu-derivative
            each number by itself
        rowsum, softmax (with --columns N)
            each row of N numbers
        layernorm (with --columns N)
            reads N weights, N biases, then rows of N numbers
        mm (with --m --n --k)
            reads a, m x k numbers, then b, k x n numbers; writes the product a·b
        philox
            reads blocks of six 32-bit words, four of counter and two of key;
            writes four words for each block
        uniform, normal (with --seed --purpose --index --count)
            reads nothing; writes the first numbers of a random stream

      Except for the first group, the input and a product are limited to 2^28 numbers.

      Example:

        regrok numerics exp < in.f32 > out.f32
      """)

  @Argument(help: "The function, from the list above.")
  var function: Function
  @Option(help: "How many numbers a row has.")
  var columns: Int?
  @Option(name: .customLong("m"), help: "Rows of a.")
  var m: Int?
  @Option(name: .customLong("n"), help: "Columns of b.")
  var n: Int?
  @Option(name: .customLong("k"), help: "Columns of a, which are the rows of b.")
  var k: Int?
  @Option(help: "The seed of the stream (default: 0).")
  var seed: UInt64?
  @Option(help: "The purpose of the stream, 1 to 6 (default: 1).")
  var purpose: UInt32?
  @Option(help: "The index of the stream (default: 0).")
  var index: UInt32?
  @Option(help: "How many numbers to write.")
  var count: Int?

  enum Function: String, ExpressibleByArgument, CaseIterable {
    case exp, log, erf, cospi, gelu
    case geluDerivative = "gelu-derivative"
    case rowsum, softmax, layernorm, mm, philox, uniform, normal
  }

  func run() throws {
    try refuseOptionsOfOthers()
    if Terminal.isOnOutput {
      throw ValidationError("numerics writes raw numbers, not for a terminal: redirect its output")
    }
    switch function {
    case .exp: try mapEach(Elementary.exp)
    case .log: try mapEach(Elementary.log)
    case .erf: try mapEach(Elementary.erf)
    case .cospi: try mapEach(Elementary.cospi)
    case .gelu: try mapEach(GELU.value)
    case .geluDerivative: try mapEach(GELU.derivative)
    case .rowsum: try mapRows { [RowSum.sum($0.span)] }
    case .softmax: try mapRows(softmax)
    case .layernorm: try layernorm()
    case .mm: try product()
    case .philox: try philox()
    case .uniform, .normal: try stream()
    }
  }

  private func softmax(_ row: [Float]) -> [Float] {
    let width = row.count.roundedUpTo16
    let storage = FloatStorage(count: width, repeating: -.infinity)
    // SAFETY: the storage has `width` elements, the row no more.
    for (i, value) in row.enumerated() { unsafe storage.base[i] = value }
    let result = unsafe CrossEntropy.forward(storage.base, count: width, label: 0)
    let inverse = 1 / result.sum
    return row.indices.map { unsafe storage.base[$0] * inverse }
  }

  private func layernorm() throws {
    let columns = try required(columns, "--columns")
    guard columns % 16 == 0 else {
      throw ValidationError("--columns \(columns): layernorm takes multiples of 16")
    }
    let input = try numbers()
    guard input.count / 2 >= columns, input.count % columns == 0 else {
      throw ValidationError(
        "standard input has \(Figures.count(input.count, "number")), not rows of \(columns)")
    }
    let row = FloatStorage(count: columns)
    let normalized = FloatStorage(count: columns)
    var output: [Float] = []
    unsafe input.withUnsafeBufferPointer { input in
      // SAFETY: the input has at least the 2 · columns numbers of weights and biases, and whole
      // rows.
      guard let base = input.baseAddress else { return }
      for first in stride(from: 2 * columns, to: input.count, by: columns) {
        _ = unsafe LayerNorm.forward(
          base + first, width: columns, gamma: base, beta: base + columns,
          normalized: normalized.base, into: row.base, outStride: 16)
        unsafe output.append(contentsOf: UnsafeBufferPointer(start: row.base, count: columns))
      }
    }
    Self.write(output)
  }

  private func product() throws {
    let m = try required(m, "--m")
    let n = try required(n, "--n")
    let k = try required(k, "--k")
    let input = try numbers()
    let (left, overflow1) = m.multipliedReportingOverflow(by: k)
    let (right, overflow2) = k.multipliedReportingOverflow(by: n)
    guard !overflow1, !overflow2, left <= input.count, input.count - left == right,
      case (let size, let overflow3) = m.multipliedReportingOverflow(by: n), !overflow3
    else {
      throw ValidationError(
        "standard input has \(Figures.count(input.count, "number")), not \(m)x\(k) + \(k)x\(n)")
    }
    guard size <= Self.most else {
      throw ValidationError("a product has at most \(Self.most) numbers, not \(m)x\(n)")
    }
    var output = [Float](repeating: 0, count: size)
    var span = output.mutableSpan
    let a = Array(input[..<left])
    let b = Array(input[left...])
    MatrixProduct.multiply(a.span, b.span, into: &span, m: m, n: n, k: k)
    Self.write(output)
  }

  private func philox() throws {
    let words = try numbers().map(\.bitPattern)
    guard words.count % 6 == 0 else {
      throw ValidationError(
        "standard input has \(Figures.count(words.count, "word")), not blocks of six")
    }
    var output: [Float] = []
    for first in stride(from: 0, to: words.count, by: 6) {
      let block = Philox.block(
        counter: SIMD4(words[first], words[first + 1], words[first + 2], words[first + 3]),
        key: SIMD2(words[first + 4], words[first + 5]))
      output += (0..<4).map { Float(bitPattern: block[$0]) }
    }
    Self.write(output)
  }

  private func stream() throws {
    let count = try required(count, "--count")
    let number = self.purpose ?? 1
    guard let purpose = RandomStream.Purpose(rawValue: number) else {
      throw ValidationError("--purpose \(number): purposes are 1 to 6")
    }
    var stream = RandomStream(seed: seed ?? 0, purpose: purpose, index: index ?? 0)
    var rest = count
    while rest > 0 {
      // Normals come in pairs, so an even number is made and the rest cut off.
      var output: [Float] = []
      while output.count < min(rest, 1 << 16) {
        if function == .uniform {
          output.append(stream.nextUniform())
        } else {
          let pair = stream.nextNormalPair()
          output.append(pair.0)
          output.append(pair.1)
        }
      }
      Self.write(Array(output.prefix(rest)))
      rest -= min(rest, output.count)
    }
  }
}

// MARK: Options

extension NumericsCommand {
  /// The options that the function takes.
  private var ownOptions: [String] {
    switch function {
    case .exp, .log, .erf, .cospi, .gelu, .geluDerivative, .philox: []
    case .rowsum, .softmax, .layernorm: ["--columns"]
    case .mm: ["--m", "--n", "--k"]
    case .uniform, .normal: ["--seed", "--purpose", "--index", "--count"]
    }
  }

  private func refuseOptionsOfOthers() throws {
    let options = [
      ("--columns", columns != nil), ("--m", m != nil), ("--n", n != nil), ("--k", k != nil),
      ("--seed", seed != nil), ("--purpose", purpose != nil), ("--index", index != nil),
      ("--count", count != nil),
    ]
    for (name, isGiven) in options where isGiven && !ownOptions.contains(name) {
      throw ValidationError("\(function.rawValue) takes no \(name)")
    }
  }
}

// MARK: Input and output

extension NumericsCommand {
  private func required(_ value: Int?, _ flag: String) throws -> Int {
    guard let value else { throw ValidationError("\(function.rawValue) needs \(flag)") }
    guard value > 0 else { throw ValidationError("\(flag) \(value): it must be above 0") }
    return value
  }

  /// Any amount of input, a piece at a time.
  private func mapEach(_ function: (Float) -> Float) throws {
    var rest: [UInt8] = []
    while case let piece = try StandardInput.read(), !piece.isEmpty {
      rest += piece
      let whole = rest.count / 4 * 4
      Self.write(Self.floats(rest[..<whole]).map(function))
      rest = Array(rest[whole...])
    }
    guard rest.isEmpty else { throw Self.torn }
  }

  private func mapRows(_ function: ([Float]) -> [Float]) throws {
    let columns = try required(columns, "--columns")
    let input = try numbers()
    guard input.count % columns == 0 else {
      throw ValidationError(
        "standard input has \(Figures.count(input.count, "number")), not rows of \(columns)")
    }
    Self.write(
      stride(from: 0, to: input.count, by: columns).flatMap {
        function(Array(input[$0..<$0 + columns]))
      })
  }

  private func numbers() throws -> [Float] {
    var bytes: [UInt8] = []
    while case let piece = try StandardInput.read(), !piece.isEmpty {
      bytes += piece
      guard bytes.count <= 4 * Self.most else {
        throw ValidationError("standard input has more than \(Self.most) numbers")
      }
    }
    guard bytes.count % 4 == 0 else { throw Self.torn }
    return Self.floats(bytes[...])
  }

  private static let torn = ValidationError(
    "standard input ends inside a number; each takes 4 bytes")

  /// Numbers that are held at once; a gigabyte of them.
  private static let most = 1 << 28

  private static func floats(_ bytes: ArraySlice<UInt8>) -> [Float] {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { i in
      Float(bitPattern: bytes[i..<i + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }

  private static func write(_ values: [Float]) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * values.count)
    for value in values {
      let bits = value.bitPattern
      for shift in [0, 8, 16, 24] as [UInt32] {
        bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
      }
    }
    Output.write(bytes: bytes)
  }
}
