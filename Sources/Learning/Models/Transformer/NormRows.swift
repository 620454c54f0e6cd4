internal import DeterministicNumerics

/// A layer normalisation, and what rows leave in it.
final class NormRows {
  private let width: Int
  private let gamma: Int
  private let beta: Int
  /// x̂.
  private let normalized: Rows
  /// rstd.
  private let scales: FloatStorage
  /// Gradients of the outputs.
  let outputGradients: Rows

  /// - Parameters:
  ///   - gamma: Where the weight lies in the parameter block; `beta`: where the bias lies.
  ///   - rows: The most rows of a batch.
  init(width: Int, gamma: Int, beta: Int, rows: Int) {
    self.width = width
    self.gamma = gamma
    self.beta = beta
    normalized = .rowMajor(rows, width: width)
    scales = FloatStorage(count: rows)
    outputGradients = .rowMajor(rows, width: width)
  }

  // SAFETY throughout: `rows` are below the number that the object was made for; `x` and `dx` are
  // row-major.

  /// Normalises rows of `x` into rows of `out`.
  @unsafe func forward(
    _ x: Rows, _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into out: Rows
  ) {
    for row in rows {
      unsafe scales.base[row] = LayerNorm.forward(
        x.row(row), width: width, gamma: parameters + gamma, beta: parameters + beta,
        normalized: normalized.row(row), into: out.row(row), outStride: out.layout.panelStride)
    }
  }

  /// Takes rows back from the outputs' gradients to those of the inputs.
  @unsafe func backward(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into dx: Rows
  ) {
    for row in rows {
      unsafe LayerNorm.backward(
        outputGradients.row(row), width: width, gamma: parameters + gamma,
        normalized: normalized.row(row), rstd: scales.base[row], into: dx.row(row))
    }
  }

  /// The gradients of weight and bias over the first `rows` rows.
  @unsafe func parameterGradient(rows: Int, into gradient: UnsafeMutablePointer<Float>) {
    unsafe ColumnSum.sumsAndProducts(
      outputGradients.base, normalized.base, normalized.layout, rows: rows, columns: width,
      sums: gradient + beta, products: gradient + gamma)
  }
}
