internal import DeterministicNumerics

/// A layer normalisation, and what rows leave behind there.
final class NormRows {
  private let width: Int
  private let gamma: Int
  private let beta: Int
  /// x̂.
  private let normalized: FloatStorage
  /// rstd.
  private let scales: FloatStorage
  /// Gradients of the outputs.
  let outputGradients: FloatStorage

  /// - Parameters:
  ///   - gamma: Where the weight lies in the parameter block; `beta` the same of the bias.
  ///   - rows: The most rows of a batch.
  init(width: Int, gamma: Int, beta: Int, rows: Int) {
    self.width = width
    self.gamma = gamma
    self.beta = beta
    normalized = FloatStorage(count: rows * width)
    scales = FloatStorage(count: rows)
    outputGradients = FloatStorage(count: rows * width)
  }

  // SAFETY throughout: `rows` lie below those that it was made for; `x`, `out` and `dx` have rows of the width from the
  // first row of a batch on.

  /// Normalises rows of `x` to those of `out`, which may be the same.
  @unsafe func forward(
    _ x: FloatStorage, _ rows: Range<Int>, _ parameters: UnsafePointer<Float>,
    into out: FloatStorage
  ) {
    for row in rows {
      let offset = row * width
      unsafe scales.base[row] = LayerNorm.forward(
        x.base + offset, width: width, gamma: parameters + gamma, beta: parameters + beta,
        normalized: normalized.base + offset, into: out.base + offset)
    }
  }

  /// Takes rows of the outputs' gradients back to those of the inputs.
  @unsafe func backward(
    _ rows: Range<Int>, _ parameters: UnsafePointer<Float>, into dx: FloatStorage
  ) {
    for row in rows {
      let offset = row * width
      unsafe LayerNorm.backward(
        outputGradients.base + offset, width: width, gamma: parameters + gamma,
        normalized: normalized.base + offset, rstd: scales.base[row], into: dx.base + offset)
    }
  }

  /// The gradients of weight and bias over the first `rows` rows.
  @unsafe func parameterGradient(rows: Int, into gradient: UnsafeMutablePointer<Float>) {
    unsafe ColumnSum.sumOfProducts(
      outputGradients.base, normalized.base, rowStride: width, rows: rows, columns: width,
      into: gradient + gamma)
    unsafe ColumnSum.sum(
      outputGradients.base, rowStride: width, rows: rows, columns: width, into: gradient + beta)
  }
}
