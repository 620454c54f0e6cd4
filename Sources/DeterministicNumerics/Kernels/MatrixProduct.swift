// The matrix product (SPEC.md, "Matrix product"): every output is one chain of fused multiply-adds over ascending k,
// from +0. Blocking only changes which outputs are computed together, so all paths give the plain loop's bits.
//
// The right factor lies in panels of 16 columns, [k][16], zero-padded to full panels. The left factor is read in
// place. A tile of 6 × 16 outputs keeps 12 vector accumulators in registers: two loads and six broadcasts feed
// twelve FMAs, enough to cover their latency.

/// Packing and multiplying; pointers in, pointers out. `MatrixProduct.multiply` is the safe form.
package enum Panels {
  /// Floats in the panels of a right factor with `depth` rows and `columns` columns.
  @inlinable package static func count(depth: Int, columns: Int) -> Int {
    depth * columns.roundedUpTo16
  }

  /// Packs b[k, j] = source[k · rowStride + j], columns `first` ..< `first` + 16 (zeros from `columns` on).
  ///
  /// SAFETY: `source` has `depth` rows of `columns` elements, `panel` room for depth · 16.
  @unsafe package static func packRows(
    _ source: UnsafePointer<Float>, rowStride: Int, depth: Int, first: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    if first &+ 16 <= columns {
      for k in 0..<depth {
        unsafe store(load16(source, k &* rowStride &+ first), panel, k &* 16)
      }
    } else {
      let valid = columns &- first
      for k in 0..<depth {
        for lane in 0..<16 {
          unsafe panel[k &* 16 &+ lane] =
            lane < valid ? source[k &* rowStride &+ first &+ lane] : 0
        }
      }
    }
  }

  /// Packs b[k, j] = source[j · rowStride + k], columns `first` ..< `first` + 16 (zeros from `columns` on).
  ///
  /// SAFETY: `source` has `columns` rows of `depth` elements, `panel` room for depth · 16.
  @unsafe package static func packTransposed(
    _ source: UnsafePointer<Float>, rowStride: Int, depth: Int, first: Int, columns: Int,
    into panel: UnsafeMutablePointer<Float>
  ) {
    let valid = min(16, columns &- first)
    for lane in 0..<16 {
      if lane < valid {
        let row = unsafe source + (first &+ lane) &* rowStride
        for k in 0..<depth { unsafe panel[k &* 16 &+ lane] = row[k] }
      } else {
        for k in 0..<depth { unsafe panel[k &* 16 &+ lane] = 0 }
      }
    }
  }

  /// c[i, j] = Σ_k a[i, k] · b[k, j] (+ bias[j]) for `rows` rows, a read at a[i · rowStride + k].
  ///
  /// SAFETY: `a` has `rows` rows of `depth` elements, `panels` holds ⌈columns/16⌉ panels `panelStride` floats apart, each
  /// depth · 16 long, `bias` (if any) and every row of `c` have room for `columns` elements; nothing overlaps `c`.
  @unsafe package static func multiply(
    _ a: UnsafePointer<Float>, rowStride: Int, rows: Int, depth: Int,
    panels: UnsafePointer<Float>, panelStride: Int, columns: Int,
    bias: UnsafePointer<Float>? = nil, into c: UnsafeMutablePointer<Float>, cRowStride: Int
  ) {
    var column = 0
    var panel = unsafe panels
    while column < columns {
      let valid = min(16, columns &- column)
      var biasVector = SIMD16<Float>()
      if let bias = unsafe bias {
        if valid == 16 {
          biasVector = unsafe load16(bias, column)
        } else {
          for lane in 0..<valid { biasVector[lane] = unsafe bias[column &+ lane] }
        }
      }
      let hasBias = unsafe bias != nil
      var row = 0
      while row < rows {
        let left = rows &- row
        let a0 = unsafe a + row &* rowStride
        let out = unsafe c + (row &* cRowStride &+ column)
        if left >= 6 {
          unsafe tile6(
            a0, a0 + rowStride, a0 + 2 &* rowStride, a0 + 3 &* rowStride, a0 + 4 &* rowStride,
            a0 + 5 &* rowStride, step: 1, depth: depth, panel: panel, resume: false,
            bias: biasVector, hasBias: hasBias, out, cRowStride, valid)
          row &+= 6
        } else if left >= 4 {
          unsafe tile4(
            a0, a0 + rowStride, a0 + 2 &* rowStride, a0 + 3 &* rowStride, step: 1, depth: depth,
            panel: panel, resume: false, bias: biasVector, hasBias: hasBias, out, cRowStride, valid)
          row &+= 4
        } else {
          unsafe tile1(
            a0, step: 1, depth: depth, panel: panel, resume: false, bias: biasVector,
            hasBias: hasBias, out, valid)
          row &+= 1
        }
      }
      column &+= 16
      unsafe panel += panelStride
    }
  }

  /// c[i, j] = Σ_k a[k, i] · b[k, j] for `rows` values of i: the left factor is a transpose, a[k · rowStride + i].
  ///
  /// The depth is cut at `depthBlock`; a chain goes on from the stored partial sum, which is the same chain.
  ///
  /// SAFETY: `a` has `depth` rows of at least `rows` elements, `scratch` room for depthBlock · 6 + 8, the rest as in
  /// `multiply`.
  @unsafe package static func multiplyTransposed(
    _ a: UnsafePointer<Float>, rowStride: Int, rows: Int, depth: Int,
    panels: UnsafePointer<Float>, panelStride: Int, columns: Int,
    into c: UnsafeMutablePointer<Float>, cRowStride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    if depth == 0 {
      for i in 0..<rows {
        for j in 0..<columns { unsafe c[i &* cRowStride &+ j] = 0 }
      }
      return
    }
    var start = 0
    while start < depth {
      let length = min(depthBlock, depth &- start)
      var row = 0
      while row < rows {
        let height = min(6, rows &- row)
        let source = unsafe a + (start &* rowStride &+ row)
        if height == 6 && row &+ 8 <= rows {
          for k in 0..<length {
            unsafe store(load8(source, k &* rowStride), scratch, k &* 6)
          }
        } else {
          for k in 0..<length {
            for i in 0..<height { unsafe scratch[k &* height &+ i] = source[k &* rowStride &+ i] }
          }
        }
        var column = 0
        var panel = unsafe panels + start &* 16
        while column < columns {
          let valid = min(16, columns &- column)
          let out = unsafe c + (row &* cRowStride &+ column)
          if height == 6 {
            unsafe tile6(
              scratch, scratch + 1, scratch + 2, scratch + 3, scratch + 4, scratch + 5, step: 6,
              depth: length, panel: panel, resume: start > 0, bias: SIMD16(), hasBias: false, out,
              cRowStride, valid)
          } else if height == 4 {
            unsafe tile4(
              scratch, scratch + 1, scratch + 2, scratch + 3, step: 4, depth: length, panel: panel,
              resume: start > 0, bias: SIMD16(), hasBias: false, out, cRowStride, valid)
          } else {
            for i in 0..<height {
              unsafe tile1(
                scratch + i, step: height, depth: length, panel: panel, resume: start > 0,
                bias: SIMD16(), hasBias: false, out + i &* cRowStride, valid)
            }
          }
          column &+= 16
          unsafe panel += panelStride
        }
        row &+= height
      }
      start &+= length
    }
  }

  /// The depth a transposed product works on at once: a panel of it and the packed rows stay in the first cache.
  package static let depthBlock = 256
}

// MARK: Tiles

extension Panels {
  @unsafe @inline(__always)
  private static func start(
    _ c: UnsafeMutablePointer<Float>, _ resume: Bool, _ valid: Int
  ) -> (SIMD8<Float>, SIMD8<Float>) {
    guard resume else { return (SIMD8(), SIMD8()) }
    if valid == 16 { return unsafe (load8(c, 0), load8(c, 8)) }
    var both = SIMD16<Float>()
    for lane in 0..<valid { both[lane] = unsafe c[lane] }
    return (both.lowHalf, both.highHalf)
  }

  @unsafe @inline(__always)
  private static func finish(
    _ low: SIMD8<Float>, _ high: SIMD8<Float>, _ bias: SIMD16<Float>, _ hasBias: Bool,
    _ c: UnsafeMutablePointer<Float>, _ valid: Int
  ) {
    let low = hasBias ? low + bias.lowHalf : low
    let high = hasBias ? high + bias.highHalf : high
    if valid == 16 {
      unsafe store(low, c, 0)
      unsafe store(high, c, 8)
    } else {
      let both = SIMD16(lowHalf: low, highHalf: high)
      for lane in 0..<valid { unsafe c[lane] = both[lane] }
    }
  }

  @unsafe @inline(__always)
  private static func tile6(
    _ a0: UnsafePointer<Float>, _ a1: UnsafePointer<Float>, _ a2: UnsafePointer<Float>,
    _ a3: UnsafePointer<Float>, _ a4: UnsafePointer<Float>, _ a5: UnsafePointer<Float>, step: Int,
    depth: Int, panel: UnsafePointer<Float>, resume: Bool, bias: SIMD16<Float>, hasBias: Bool,
    _ c: UnsafeMutablePointer<Float>, _ cRowStride: Int, _ valid: Int
  ) {
    var (c00, c01) = unsafe start(c, resume, valid)
    var (c10, c11) = unsafe start(c + cRowStride, resume, valid)
    var (c20, c21) = unsafe start(c + 2 &* cRowStride, resume, valid)
    var (c30, c31) = unsafe start(c + 3 &* cRowStride, resume, valid)
    var (c40, c41) = unsafe start(c + 4 &* cRowStride, resume, valid)
    var (c50, c51) = unsafe start(c + 5 &* cRowStride, resume, valid)
    var b = unsafe panel
    var k = 0
    let end = depth &* step
    while k < end {
      let b0 = unsafe load8(b, 0)
      let b1 = unsafe load8(b, 8)
      var x = unsafe SIMD8(repeating: a0[k])
      c00.addProduct(x, b0)
      c01.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a1[k])
      c10.addProduct(x, b0)
      c11.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a2[k])
      c20.addProduct(x, b0)
      c21.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a3[k])
      c30.addProduct(x, b0)
      c31.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a4[k])
      c40.addProduct(x, b0)
      c41.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a5[k])
      c50.addProduct(x, b0)
      c51.addProduct(x, b1)
      k &+= step
      unsafe b += 16
    }
    unsafe finish(c00, c01, bias, hasBias, c, valid)
    unsafe finish(c10, c11, bias, hasBias, c + cRowStride, valid)
    unsafe finish(c20, c21, bias, hasBias, c + 2 &* cRowStride, valid)
    unsafe finish(c30, c31, bias, hasBias, c + 3 &* cRowStride, valid)
    unsafe finish(c40, c41, bias, hasBias, c + 4 &* cRowStride, valid)
    unsafe finish(c50, c51, bias, hasBias, c + 5 &* cRowStride, valid)
  }

  @unsafe @inline(__always)
  private static func tile4(
    _ a0: UnsafePointer<Float>, _ a1: UnsafePointer<Float>, _ a2: UnsafePointer<Float>,
    _ a3: UnsafePointer<Float>, step: Int, depth: Int, panel: UnsafePointer<Float>, resume: Bool,
    bias: SIMD16<Float>, hasBias: Bool, _ c: UnsafeMutablePointer<Float>, _ cRowStride: Int,
    _ valid: Int
  ) {
    var (c00, c01) = unsafe start(c, resume, valid)
    var (c10, c11) = unsafe start(c + cRowStride, resume, valid)
    var (c20, c21) = unsafe start(c + 2 &* cRowStride, resume, valid)
    var (c30, c31) = unsafe start(c + 3 &* cRowStride, resume, valid)
    var b = unsafe panel
    var k = 0
    let end = depth &* step
    while k < end {
      let b0 = unsafe load8(b, 0)
      let b1 = unsafe load8(b, 8)
      var x = unsafe SIMD8(repeating: a0[k])
      c00.addProduct(x, b0)
      c01.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a1[k])
      c10.addProduct(x, b0)
      c11.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a2[k])
      c20.addProduct(x, b0)
      c21.addProduct(x, b1)
      x = unsafe SIMD8(repeating: a3[k])
      c30.addProduct(x, b0)
      c31.addProduct(x, b1)
      k &+= step
      unsafe b += 16
    }
    unsafe finish(c00, c01, bias, hasBias, c, valid)
    unsafe finish(c10, c11, bias, hasBias, c + cRowStride, valid)
    unsafe finish(c20, c21, bias, hasBias, c + 2 &* cRowStride, valid)
    unsafe finish(c30, c31, bias, hasBias, c + 3 &* cRowStride, valid)
  }

  @unsafe @inline(__always)
  private static func tile1(
    _ a: UnsafePointer<Float>, step: Int, depth: Int, panel: UnsafePointer<Float>, resume: Bool,
    bias: SIMD16<Float>, hasBias: Bool, _ c: UnsafeMutablePointer<Float>, _ valid: Int
  ) {
    var (low, high) = unsafe start(c, resume, valid)
    var b = unsafe panel
    var k = 0
    let end = depth &* step
    while k < end {
      let x = unsafe SIMD8(repeating: a[k])
      unsafe low.addProduct(x, load8(b, 0))
      unsafe high.addProduct(x, load8(b, 8))
      k &+= step
      unsafe b += 16
    }
    unsafe finish(low, high, bias, hasBias, c, valid)
  }
}
