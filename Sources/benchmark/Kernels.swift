import DeterministicNumerics

/// The single kernels, at the shapes of the paper's step.
enum Kernels {
  /// GFLOP/s of a[m,k] · b[k,n], all in panels as in a step.
  static func product(m: Int, n: Int, k: Int) -> Double {
    let layout = PanelLayout(rowStride: 16, panelStride: 16 * (m | 1))
    let a = FloatStorage(count: (m | 1) * k, repeating: 0.5)
    let b = FloatStorage(count: k * n, repeating: 0.25)
    let panels = FloatStorage(count: Panels.count(depth: k, columns: n))
    let c = FloatStorage(count: (m | 1) * n.roundedUpTo16)
    for first in stride(from: 0, to: n, by: 16) {
      // SAFETY: the storage has the extents given.
      unsafe Panels.packRows(
        b.base, rowStride: n, depth: k, first: first, columns: n, into: panels.base + first * k)
    }
    return rate(m, n, k) {
      // Blocks of rows, as in a step.
      for row in stride(from: 0, to: m, by: 48) {
        unsafe Panels.multiply(
          a.base + row * 16, layout, rows: min(48, m - row), depth: k, by: panels.base,
          .panels(rows: k), columns: n, into: c.base + row * 16, layout)
      }
    }
  }

  /// GFLOP/s of a[k,m]ᵀ · b[k,n], all in panels as in a step.
  static func transposedProduct(m: Int, n: Int, k: Int) -> Double {
    let layout = PanelLayout(rowStride: 16, panelStride: 16 * (k | 1))
    let a = FloatStorage(count: (k | 1) * m.roundedUpTo16, repeating: 0.5)
    let b = FloatStorage(count: (k | 1) * n, repeating: 0.25)
    let c = FloatStorage(count: m * n)
    return rate(m, n, k) {
      // Slices of rows, as in a step. SAFETY: the storage has the extents given.
      for row in stride(from: 0, to: m, by: 48) {
        unsafe Panels.multiplyTransposed(
          a.base + layout.offset(row: 0, column: row), layout, rows: min(48, m - row), depth: k,
          by: b.base, layout, columns: n, into: c.base + row * n, .rowMajor(n))
      }
    }
  }

  /// Nanoseconds per element for the functions that are applied to each element of an activation.
  static func elementwise() -> [(String, Double)] {
    let count = 4096
    let x = FloatStorage(count: count)
    let y = FloatStorage(count: count)
    func reset() {
      for i in 0..<count { unsafe x.base[i] = Float(i % 997) * 0.006 - 3 }
    }
    func time(_ body: () -> Void) -> Double {
      (0..<2000).map { _ in
        reset()
        return seconds(body) / Double(count) * 1e9
      }.min() ?? .nan
    }
    return [
      (
        "GELU and its slope", time { unsafe GELU.forward(x.base, derivative: y.base, count: count) }
      ),
      ("GELU", time { unsafe GELU.forward(x.base, count: count) }),
      (
        "softmax, cross-entropy",
        time {
          for row in 0..<count / 128 {
            _ = unsafe CrossEntropy.forward(x.base + row * 128, count: 128, label: 5)
          }
        }
      ),
    ]
  }

  private static func rate(_ m: Int, _ n: Int, _ k: Int, _ body: () -> Void) -> Double {
    2 * Double(m * n * k) / best(for: 0.3, body) / 1e9
  }
}
