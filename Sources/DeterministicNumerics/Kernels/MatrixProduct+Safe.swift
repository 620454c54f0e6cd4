/// Products of dense row-major matrices (SPEC.md, "Matrix product").
public enum MatrixProduct {
  /// Sets `c[m,n]` to `a[m,k] · b[k,n]`.
  ///
  /// Each `c[i,j]` is one chain of fused multiply-adds over ascending k from +0, so the result is
  /// the same on every CPU; only the speed differs.
  ///
  /// - Precondition: The spans hold exactly m·k, k·n and m·n elements.
  public static func multiply(
    _ a: Span<Float>, _ b: Span<Float>, into c: inout MutableSpan<Float>, m: Int, n: Int, k: Int
  ) {
    check(a.count, b.count, c.count, m, n, k)
    let panels = unsafe pack(depth: k, columns: n) { panel, first in
      // SAFETY: b has k rows of n elements, as checked.
      unsafe b.withUnsafeBufferPointer { b in
        guard let base = b.baseAddress else { return }
        unsafe Panels.packRows(
          base, rowStride: n, depth: k, first: first, columns: n, into: panel)
      }
    }
    unsafe a.withUnsafeBufferPointer { a in
      unsafe c.withUnsafeMutableBufferPointer { c in
        guard let out = c.baseAddress else { return }
        // SAFETY: the extents were checked; with k = 0 nothing is read through the stand-in.
        unsafe Panels.multiply(
          a.baseAddress ?? UnsafePointer(panels.base), .rowMajor(k), rows: m, depth: k,
          by: panels.base, .panels(rows: k), columns: n, into: out, .rowMajor(n))
      }
    }
  }

  /// Sets `c[m,n]` to `aᵀ · b` where a is `[k,m]` and b `[k,n]`.
  ///
  /// - Precondition: The spans hold exactly k·m, k·n and m·n elements.
  public static func multiplyTransposed(
    _ a: Span<Float>, _ b: Span<Float>, into c: inout MutableSpan<Float>, m: Int, n: Int, k: Int
  ) {
    check(a.count, b.count, c.count, m, n, k)
    let panels = unsafe pack(depth: k, columns: n) { panel, first in
      // SAFETY: b has k rows of n elements, as checked.
      unsafe b.withUnsafeBufferPointer { b in
        guard let base = b.baseAddress else { return }
        unsafe Panels.packRows(
          base, rowStride: n, depth: k, first: first, columns: n, into: panel)
      }
    }
    unsafe a.withUnsafeBufferPointer { a in
      unsafe c.withUnsafeMutableBufferPointer { c in
        guard let out = c.baseAddress else { return }
        // SAFETY: as above.
        unsafe Panels.multiplyTransposed(
          a.baseAddress ?? UnsafePointer(panels.base), .rowMajor(m), rows: m, depth: k,
          by: panels.base, .panels(rows: k), columns: n, into: out, .rowMajor(n))
      }
    }
  }

  /// The definition itself, a loop over each output. Tests compare the fast paths with it.
  public static func multiplyPlainly(
    _ a: Span<Float>, _ b: Span<Float>, into c: inout MutableSpan<Float>, m: Int, n: Int, k: Int
  ) {
    check(a.count, b.count, c.count, m, n, k)
    for i in 0..<m {
      for j in 0..<n {
        var accumulator: Float = 0
        for kk in 0..<k { accumulator.addProduct(a[i * k + kk], b[kk * n + j]) }
        c[i * n + j] = accumulator
      }
    }
  }

  private static func check(_ a: Int, _ b: Int, _ c: Int, _ m: Int, _ n: Int, _ k: Int) {
    precondition(a == m * k, "the left factor has \(a) elements, not \(m) x \(k)")
    precondition(b == k * n, "the right factor has \(b) elements, not \(k) x \(n)")
    precondition(c == m * n, "the product has \(c) elements, not \(m) x \(n)")
  }

  @unsafe private static func pack(
    depth: Int, columns: Int, _ packPanel: (UnsafeMutablePointer<Float>, Int) -> Void
  ) -> FloatStorage {
    let panels = FloatStorage(count: Panels.count(depth: depth, columns: columns))
    var first = 0
    while first < columns {
      unsafe packPanel(panels.base + first * depth, first)
      first += 16
    }
    return panels
  }
}
