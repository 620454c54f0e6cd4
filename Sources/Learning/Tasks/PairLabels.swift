internal import Catalogue

/// How a pair of tokens is labelled (SPEC.md 1.7).
enum PairLabels {
  case modular(TaskSpec.ModularTask.Operation, modulus: Int)
  /// With the inverse of each number, which is valid if the modulus is a prime; 0 at index 0.
  case operation(TaskSpec.ModularOperationTask.Operation, modulus: Int, inverses: [Int])
  case permutations(TaskSpec.PermutationTask.Operation, Permutations)

  init(_ task: PairTask) {
    self =
      switch task {
      case .modular(let task): .modular(task.operation, modulus: task.modulus)
      case .operation(let task):
        .operation(
          task.operation, modulus: task.modulus, inverses: Self.inverses(modulo: task.modulus))
      case .permutations(let task):
        .permutations(task.operation, Permutations(degree: task.degree))
      }
  }

  func label(_ a: Int, _ b: Int) -> Int {
    switch self {
    case .modular(let operation, let modulus):
      switch operation {
      case .addition: (a + b) % modulus
      case .multiplication: (a * b) % modulus
      }
    case .operation(let operation, let modulus, let inverses):
      Self.value(of: operation, a, b, modulus, inverses)
    case .permutations(let operation, let all):
      switch operation {
      case .product: all.product(a, b)
      case .conjugation: all.product(all.product(a, b), all.inverse(a))
      case .sandwich: all.product(all.product(a, b), a)
      }
    }
  }

  private static func value(
    of operation: TaskSpec.ModularOperationTask.Operation, _ x: Int, _ y: Int, _ modulus: Int,
    _ inverses: [Int]
  ) -> Int {
    // All values are below 4 · 1021³, which is far below 2^63.
    switch operation {
    case .difference: (x + modulus - y) % modulus
    case .quotient: x * inverses[y] % modulus
    case .squares: (x * x + y * y) % modulus
    case .squaresAndProduct: (x * x + x * y + y * y) % modulus
    case .squaresProductAndFirst: (x * x + x * y + y * y + x) % modulus
    case .cubeAndProduct: (x * x * x + x * y) % modulus
    case .cubeProductAndSecond: (x * x * x + x * y * y + y) % modulus
    }
  }

  /// p = ⌊p/y⌋·y + p mod y, so y⁻¹ = −⌊p/y⌋·(p mod y)⁻¹ modulo a prime p.
  private static func inverses(modulo p: Int) -> [Int] {
    var inverses = [0, 1]
    for y in 2..<max(2, p) { inverses.append((p - p / y) * inverses[p % y] % p) }
    return inverses
  }
}

/// The permutations of `degree` things, numbered in the lexicographic order of their images.
struct Permutations {
  private let images: [[Int]]

  init(degree: Int) {
    var images: [[Int]] = [[]]
    // Each beginning is extended by every value that it does not have, in ascending order.
    for _ in 0..<degree {
      images = images.flatMap { start in
        (0..<degree).filter { !start.contains($0) }.map { start + [$0] }
      }
    }
    self.images = images
  }

  /// The number of x∘y: y acts first.
  func product(_ x: Int, _ y: Int) -> Int {
    let (x, y) = (images[x], images[y])
    return number(of: y.map { x[$0] })
  }

  func inverse(_ x: Int) -> Int {
    var inverse = images[x]
    for (i, image) in images[x].enumerated() { inverse[image] = i }
    return number(of: inverse)
  }

  /// The number of a permutation: each image counts the smaller ones behind it.
  private func number(of image: [Int]) -> Int {
    var number = 0
    for (i, value) in image.enumerated() {
      let smaller = image[(i + 1)...].filter { $0 < value }.count
      number = number * (image.count - i) + smaller
    }
    return number
  }
}
