internal import Catalogue
internal import DeterministicNumerics

/// One update of Muon (K. Jordan et al., 2024; SPEC.md, "Muon"), for matrices: their updates are
/// made orthogonal.
struct MuonUpdate {
  private let rate: Double
  private let decay: Float
  private let momentum: Float
  private let gradientShare: Float

  init(_ spec: OptimizerSpec.MuonSpec) {
    rate = spec.learningRate
    decay = Float(1 - spec.learningRate * spec.weightDecay)
    momentum = Float(spec.momentum)
    gradientShare = Float(1 - spec.momentum)
  }

  /// θ, b ← their next values.
  ///
  /// SAFETY: every pointer has the matrix's elements, a multiple of 16.
  @unsafe func apply(
    _ matrix: MuonMatrix, parameters: UnsafeMutablePointer<Float>,
    gradient: UnsafePointer<Float>, buffer: UnsafeMutablePointer<Float>
  ) {
    let update = unsafe matrix.update.base
    for i in stride(from: 0, to: matrix.count, by: 16) {
      let g = unsafe load16(gradient, i)
      var b = unsafe load16(buffer, i)
      b.addProduct(SIMD16(repeating: gradientShare), g - b)
      unsafe store(b, buffer, i)
      unsafe store(g.addingProduct(SIMD16(repeating: momentum), b - g), update, i)
    }
    matrix.orthogonalize()
    let shape = max(1, Double(matrix.rows) / Double(matrix.columns)).squareRoot()
    let minusRate = SIMD16<Float>(repeating: Float(-rate * shape))
    for i in stride(from: 0, to: matrix.count, by: 16) {
      let decayed = unsafe load16(parameters, i) * decay
      unsafe store(decayed.addingProduct(minusRate, load16(update, i)), parameters, i)
    }
  }
}

/// A matrix of updates, and the buffers to make it orthogonal.
final class MuonMatrix {
  let rows: Int
  let columns: Int
  /// Row-major.
  let update: FloatStorage
  /// The same, transposed if it has more rows than columns.
  private let wide: FloatStorage
  /// `wide` times its transpose, and the square of that.
  private let gram: FloatStorage
  private let square: FloatStorage
  private let product: FloatStorage
  private let panels: FloatStorage

  init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    let (short, long) = (min(rows, columns), max(rows, columns))
    update = FloatStorage(count: rows * columns)
    wide = FloatStorage(count: rows * columns)
    gram = FloatStorage(count: short * short)
    square = FloatStorage(count: short * short)
    product = FloatStorage(count: rows * columns)
    panels = FloatStorage(
      count: max(
        Panels.count(depth: long, columns: short), Panels.count(depth: short, columns: long)))
  }

  var count: Int { rows * columns }

  private static let iterations = 5
  // The published coefficients of the quintic a·X + (b·G + c·G²)·X with G = X·Xᵀ.
  private static let a: Float = 3.4445
  private static let b: Float = -4.7750
  private static let c: Float = 2.0315
  private static let smallest = 1e-7

  /// Brings the singular values of `update` near 1.
  func orthogonalize() {
    let (short, long) = (min(rows, columns), max(rows, columns))
    // SAFETY: every storage has the count that the loops go up to.
    let norm = unsafe RowSum.sumOfSquares(update.base, count: count).squareRoot()
    let divisor = Float(norm + Self.smallest)
    for i in 0..<count { unsafe update.base[i] /= divisor }
    if rows > columns {
      unsafe Self.transpose(update, rows: rows, columns: columns, into: wide)
    } else {
      unsafe wide.base.update(from: update.base, count: count)
    }
    for _ in 0..<Self.iterations {
      unsafe multiplyByOwnTranspose(wide, rows: short, depth: long, into: gram)
      unsafe multiply(gram, rows: short, depth: short, by: gram, columns: short, into: square)
      for i in 0..<short * short {
        unsafe square.base[i] = (Self.b * gram.base[i]).addingProduct(Self.c, square.base[i])
      }
      unsafe multiply(square, rows: short, depth: short, by: wide, columns: long, into: product)
      for i in 0..<count {
        unsafe wide.base[i] = product.base[i].addingProduct(Self.a, wide.base[i])
      }
    }
    if rows > columns {
      unsafe Self.transpose(wide, rows: columns, columns: rows, into: update)
    } else {
      unsafe update.base.update(from: wide.base, count: count)
    }
  }

  /// out = left · right, `right` with `depth` rows of `columns`.
  @unsafe private func multiply(
    _ left: FloatStorage, rows: Int, depth: Int, by right: FloatStorage, columns: Int,
    into out: FloatStorage
  ) {
    for first in stride(from: 0, to: columns, by: 16) {
      unsafe Panels.packRows(
        right.base, rowStride: columns, depth: depth, first: first, columns: columns,
        into: panels.base + first * depth)
    }
    unsafe multiplyPacked(left, rows: rows, depth: depth, columns: columns, into: out)
  }

  /// out = matrix · matrixᵀ.
  @unsafe private func multiplyByOwnTranspose(
    _ matrix: FloatStorage, rows: Int, depth: Int, into out: FloatStorage
  ) {
    for first in stride(from: 0, to: rows, by: 16) {
      unsafe Panels.packTransposed(
        matrix.base, rowStride: depth, depth: depth, first: first, columns: rows,
        into: panels.base + first * depth)
    }
    unsafe multiplyPacked(matrix, rows: rows, depth: depth, columns: rows, into: out)
  }

  @unsafe private func multiplyPacked(
    _ left: FloatStorage, rows: Int, depth: Int, columns: Int, into out: FloatStorage
  ) {
    unsafe Panels.multiply(
      left.base, .rowMajor(depth), rows: rows, depth: depth, by: panels.base, .panels(rows: depth),
      columns: columns, into: out.base, .rowMajor(columns))
  }

  @unsafe private static func transpose(
    _ source: FloatStorage, rows: Int, columns: Int, into target: FloatStorage
  ) {
    for row in 0..<rows {
      for column in 0..<columns {
        unsafe target.base[column * rows + row] = source.base[row * columns + column]
      }
    }
  }
}
