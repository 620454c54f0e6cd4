import DeterministicNumerics

/// The kernels one by one, at the shapes of the paper's step.
enum Kernels {
  /// GFLOP/s of a[m,k] · b[k,n], panels packed beforehand as within a step.
  static func product(m: Int, n: Int, k: Int) -> Double {
    let a = FloatStorage(count: m * k, repeating: 0.5)
    let b = FloatStorage(count: k * n, repeating: 0.25)
    let panels = FloatStorage(count: Panels.count(depth: k, columns: n))
    let c = FloatStorage(count: m * n.roundedUpTo16)
    for first in stride(from: 0, to: n, by: 16) {
      // SAFETY: the storage has the extents given.
      unsafe Panels.packRows(
        b.base, rowStride: n, depth: k, first: first, columns: n, into: panels.base + first * k)
    }
    return rate(m, n, k) {
      // Blocks of rows as the step takes them.
      for row in stride(from: 0, to: m, by: 48) {
        unsafe Panels.multiply(
          a.base + row * k, rowStride: k, rows: min(48, m - row), depth: k, panels: panels.base,
          panelStride: 16 * k, columns: n, into: c.base + row * n.roundedUpTo16,
          cRowStride: n.roundedUpTo16)
      }
    }
  }

  /// GFLOP/s of a[k,m]ᵀ · b[k,n], the left factor packed on the way as within a step.
  static func transposedProduct(m: Int, n: Int, k: Int) -> Double {
    let a = FloatStorage(count: m * k, repeating: 0.5)
    let panels = FloatStorage(count: Panels.count(depth: k, columns: n), repeating: 0.25)
    let c = FloatStorage(count: m * n)
    let left = FloatStorage(count: Panels.transposedCount(depth: k, rows: m))
    return rate(m, n, k) {
      // SAFETY: the storage has the extents given.
      unsafe Panels.packTransposedLeft(a.base, rowStride: m, rows: m, depth: k, into: left.base)
      unsafe Panels.multiplyTransposed(
        left.base, rows: m, depth: k, panels: panels.base, panelStride: 16 * k, columns: n,
        into: c.base, cRowStride: n)
    }
  }

  /// Nanoseconds an element of what is done to each element of an activation.
  static func elementwise() -> [(String, Double)] {
    let count = 4096
    let x = FloatStorage(count: count)
    let y = FloatStorage(count: count)
    func reset() {
      for i in 0..<count { unsafe x.base[i] = Float(i % 997) * 0.006 - 3 }
    }
    func time(_ body: () -> Void) -> Double {
      median(
        (0..<200).map { _ in
          reset()
          return seconds(body) / Double(count) * 1e9
        })
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
    body()
    let times = (0..<50).map { _ in seconds(body) }
    return 2 * Double(m * n * k) / median(times) / 1e9
  }
}
