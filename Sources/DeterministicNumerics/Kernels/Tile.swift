/// The innermost loop of a matrix product: a tile of outputs stays in vector registers while k
/// runs.
///
/// With 16 registers of 8 lanes (AVX2, NEON, and everything else that has no more), a tile is 6 ×
/// 16: twelve accumulators, with two loads and six broadcasts for each k. With 32 registers of 16
/// lanes (AVX-512), it is 12 × 32: twenty-four accumulators. Both hide the latency of the
/// multiply-adds. Lower tiles take the rows that are left. WebAssembly's engines have 16 registers
/// of 4 lanes and spill from a large tile. There a tile is 4 × 8, or 4 × 4 of the wider lanes that
/// replace fused multiply-adds.
@safe struct Tile {
  #if AVX512
    typealias Vector = SIMD16<Float>
  #elseif arch(wasm32) && RELAXED_SIMD
    typealias Vector = SIMD4<Float>
  #elseif arch(wasm32)
    typealias Vector = FusedPair
  #else
    typealias Vector = SIMD8<Float>
  #endif
  /// The most columns of a tile.
  static let columns = 2 * Vector.scalarCount

  private let right: UnsafePointer<Float>
  private let rightStride: Int
  #if AVX512
    /// The distance from the first vector of a row of the right factor to the second.
    private let rightHigh: Int
  #else
    private var rightHigh: Int { Vector.scalarCount }
  #endif
  private let depth: Int
  private let columns: Int
  private let resumes: Bool
  private let hasBias: Bool
  private let lowBias: Vector
  private let highBias: Vector
  private let cRowStride: Int
  #if AVX512
    /// The same for the product.
    private let cHigh: Int
  #else
    private var cHigh: Int { Vector.scalarCount }
  #endif

  /// A right factor of up to `Tile.columns` columns.
  ///
  /// SAFETY: `right` has `depth` rows of whole panels up to `columns`; `bias` has `columns`
  /// elements.
  @unsafe @inline(__always)
  init(
    right: UnsafePointer<Float>, _ layout: PanelLayout, depth: Int, columns: Int,
    bias: UnsafePointer<Float>?, resumes: Bool, result: PanelLayout
  ) {
    unsafe self.right = right
    #if AVX512
      // A tile of one panel computes that panel twice; `finish` keeps one.
      rightHigh = columns > 16 ? layout.panelStride : 0
      cHigh = result.panelStride
    #endif
    rightStride = layout.rowStride
    self.depth = depth
    self.columns = columns
    self.resumes = resumes
    cRowStride = result.rowStride
    if let bias = unsafe bias {
      hasBias = true
      (lowBias, highBias) = unsafe Self.read(bias, columns, high: Vector.scalarCount)
    } else {
      hasBias = false
      (lowBias, highBias) = (Vector(), Vector())
    }
  }

  /// A left factor. Its row i at step k is read at base[i · rowStride + k · step + (k / 16) ·
  /// jump].
  @safe struct Left {
    let base: UnsafePointer<Float>
    let rowStride: Int
    let step: Int
    let jump: Int
    let isTransposed: Bool

    /// The tile's rows are rows of the matrix.
    @unsafe @inline(__always)
    init(_ base: UnsafePointer<Float>, rowsOf layout: PanelLayout) {
      unsafe self.base = base
      rowStride = layout.rowStride
      step = 1
      jump = layout.panelStride &- 16
      isTransposed = false
    }

    /// The tile's rows are columns of the matrix, which stand side by side.
    @unsafe @inline(__always)
    init(_ base: UnsafePointer<Float>, columnsOf layout: PanelLayout) {
      unsafe self.base = base
      rowStride = 1
      step = layout.rowStride
      jump = 0
      isTransposed = true
    }
  }

  /// How many rows the next tile takes when `rows` are left: the highest tile, or the next lower
  /// kind if that leaves no rest.
  @inline(__always)
  static func height(atMost rows: Int) -> Int {
    #if AVX512
      if rows >= 16 && rows % 12 == 4 { return 8 }
      return rows >= 12 ? 12 : rows >= 8 ? 8 : rows >= 4 ? 4 : 1
    #elseif arch(wasm32)
      return rows >= 4 ? 4 : 1
    #else
      let rest = rows % 6
      if rest > 0 && rows >= 5 &* (6 &- rest) { return 5 }
      return rows >= 6 ? 6 : rows >= 5 ? 5 : rows >= 4 ? 4 : 1
    #endif
  }

  /// Computes `height(atMost: rows)` rows and returns their number.
  ///
  /// SAFETY: `left` has that many rows of `depth` elements, `c` that many rows of `columns`.
  @unsafe @inline(__always)
  func multiply(_ left: Left, _ rows: Int, into c: UnsafeMutablePointer<Float>) -> Int {
    let height = Self.height(atMost: rows)
    switch (height, left.isTransposed) {
    #if AVX512
      case (12, true): unsafe multiply12(left, 1, left.step, 0, c)
      case (12, false): unsafe multiply12(left, left.rowStride, 1, left.jump, c)
      case (8, true): unsafe multiply8(left, 1, left.step, 0, c)
      case (8, false): unsafe multiply8(left, left.rowStride, 1, left.jump, c)
    #elseif !arch(wasm32)
      case (6, true): unsafe multiply6(left, 1, left.step, 0, c)
      case (6, false): unsafe multiply6(left, left.rowStride, 1, left.jump, c)
      case (5, true): unsafe multiply5(left, 1, left.step, 0, c)
      case (5, false): unsafe multiply5(left, left.rowStride, 1, left.jump, c)
    #endif
    case (4, true): unsafe multiply4(left, 1, left.step, 0, c)
    case (4, false): unsafe multiply4(left, left.rowStride, 1, left.jump, c)
    default: unsafe multiply1(left, c)
    }
    return height
  }
}

// MARK: A row of a tile

extension Tile {
  /// The accumulators of one row.
  private struct Row {
    var low: Vector
    var high: Vector
    #if arch(wasm32) && !RELAXED_SIMD
      private var watch = FusedPair.Watch()
      var isRounded: Bool { watch.isSafe }
    #else
      /// Whether every multiply-add was rounded once.
      var isRounded: Bool { true }
    #endif

    @inline(__always)
    init(low: Vector, high: Vector) {
      self.low = low
      self.high = high
    }

    @inline(__always)
    mutating func add(_ a: Float, _ low: Vector, _ high: Vector) {
      let a = Vector(repeating: a)
      #if arch(wasm32) && !RELAXED_SIMD
        self.low.addProduct(a, low, &watch)
        self.high.addProduct(a, high, &watch)
      #else
        self.low.addProduct(a, low)
        self.high.addProduct(a, high)
      #endif
    }
  }

  /// Zeros, or the partial sums that an earlier block left in `c`.
  @unsafe @inline(__always)
  private func start(_ c: UnsafeMutablePointer<Float>, _ row: Int) -> Row {
    guard resumes else { return Row(low: Vector(), high: Vector()) }
    let (low, high) = unsafe Self.read(c + row &* cRowStride, columns, high: cHigh)
    return Row(low: low, high: high)
  }

  @unsafe @inline(__always)
  private func finish(
    _ row: Row, _ c: UnsafeMutablePointer<Float>, _ index: Int, of left: Left
  ) {
    guard row.isRounded else { return unsafe computeSlowly(c, index, of: left) }
    let low = hasBias ? row.low + lowBias : row.low
    let high = hasBias ? row.high + highBias : row.high
    let c = unsafe c + index &* cRowStride
    let lanes = Vector.scalarCount
    if columns == Self.columns {
      unsafe Self.write(low, c)
      unsafe Self.write(high, c + cHigh)
    } else if columns == lanes {
      unsafe Self.write(low, c)
    } else {
      for j in 0..<columns {
        unsafe c[j < lanes ? j : cHigh &+ j &- lanes] = j < lanes ? low[j] : high[j &- lanes]
      }
    }
  }

  /// Computes the row again, one multiply-add at a time, each with one rounding.
  @unsafe @inline(never)
  private func computeSlowly(_ c: UnsafeMutablePointer<Float>, _ index: Int, of left: Left) {
    let lanes = Vector.scalarCount
    let a = unsafe left.base + index &* left.rowStride
    for j in 0..<columns {
      let place = index &* cRowStride &+ (j < lanes ? j : cHigh &+ j &- lanes)
      let column = j < lanes ? j : rightHigh &+ j &- lanes
      var sum = unsafe resumes ? c[place] : 0
      for k in 0..<depth {
        unsafe sum.addProduct(
          a[k &* left.step &+ k / 16 &* left.jump], right[k &* rightStride &+ column])
      }
      if hasBias { sum += j < lanes ? lowBias[j] : highBias[j &- lanes] }
      unsafe c[place] = sum
    }
  }

  /// Reads `columns` numbers and fills up with zeros. Those of the second vector begin at `high`.
  @unsafe @inline(__always)
  private static func read(
    _ source: UnsafePointer<Float>, _ columns: Int, high: Int
  ) -> (Vector, Vector) {
    let lanes = Vector.scalarCount
    if columns == Self.columns { return unsafe (load(source), load(source + high)) }
    var lowValues = Vector()
    var highValues = Vector()
    for j in 0..<columns {
      if j < lanes {
        unsafe lowValues[j] = source[j]
      } else {
        unsafe highValues[j &- lanes] = source[high &+ j &- lanes]
      }
    }
    return (lowValues, highValues)
  }

  @unsafe @inline(__always)
  private static func load(_ source: UnsafePointer<Float>) -> Vector {
    #if arch(wasm32) && !RELAXED_SIMD
      unsafe FusedPair(UnsafeRawPointer(source).loadUnaligned(as: SIMD2<Float>.self))
    #else
      unsafe UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
    #endif
  }

  @unsafe @inline(__always)
  private static func write(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
    #if arch(wasm32) && !RELAXED_SIMD
      unsafe UnsafeMutableRawPointer(target)
        .storeBytes(of: value.values, as: SIMD2<Float>.self)
    #else
      unsafe UnsafeMutableRawPointer(target).storeBytes(of: value, as: Vector.self)
    #endif
  }
}

// MARK: The loops

// SAFETY of all: as for `multiply`; row i at step k is a[i · rowStride + k · step + (k / 16) ·
// jump].

extension Tile {
  #if AVX512
    @unsafe @inline(__always)
    private func multiply12(
      _ left: Left, _ rowStride: Int, _ step: Int, _ jump: Int, _ c: UnsafeMutablePointer<Float>
    ) {
      let a = unsafe left.base
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var row6 = unsafe start(c, 6)
      var row7 = unsafe start(c, 7)
      var row8 = unsafe start(c, 8)
      var row9 = unsafe start(c, 9)
      var row10 = unsafe start(c, 10)
      var row11 = unsafe start(c, 11)
      var right = unsafe right
      var at = 0
      var rest = depth
      while rest > 0 {
        for _ in 0..<min(rest, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          unsafe row5.add(a[at &+ 5 &* rowStride], lows, highs)
          unsafe row6.add(a[at &+ 6 &* rowStride], lows, highs)
          unsafe row7.add(a[at &+ 7 &* rowStride], lows, highs)
          unsafe row8.add(a[at &+ 8 &* rowStride], lows, highs)
          unsafe row9.add(a[at &+ 9 &* rowStride], lows, highs)
          unsafe row10.add(a[at &+ 10 &* rowStride], lows, highs)
          unsafe row11.add(a[at &+ 11 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        rest &-= 16
      }
      unsafe finish(row0, c, 0, of: left)
      unsafe finish(row1, c, 1, of: left)
      unsafe finish(row2, c, 2, of: left)
      unsafe finish(row3, c, 3, of: left)
      unsafe finish(row4, c, 4, of: left)
      unsafe finish(row5, c, 5, of: left)
      unsafe finish(row6, c, 6, of: left)
      unsafe finish(row7, c, 7, of: left)
      unsafe finish(row8, c, 8, of: left)
      unsafe finish(row9, c, 9, of: left)
      unsafe finish(row10, c, 10, of: left)
      unsafe finish(row11, c, 11, of: left)
    }

    @unsafe @inline(__always)
    private func multiply8(
      _ left: Left, _ rowStride: Int, _ step: Int, _ jump: Int, _ c: UnsafeMutablePointer<Float>
    ) {
      let a = unsafe left.base
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var row6 = unsafe start(c, 6)
      var row7 = unsafe start(c, 7)
      var right = unsafe right
      var at = 0
      var rest = depth
      while rest > 0 {
        for _ in 0..<min(rest, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          unsafe row5.add(a[at &+ 5 &* rowStride], lows, highs)
          unsafe row6.add(a[at &+ 6 &* rowStride], lows, highs)
          unsafe row7.add(a[at &+ 7 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        rest &-= 16
      }
      unsafe finish(row0, c, 0, of: left)
      unsafe finish(row1, c, 1, of: left)
      unsafe finish(row2, c, 2, of: left)
      unsafe finish(row3, c, 3, of: left)
      unsafe finish(row4, c, 4, of: left)
      unsafe finish(row5, c, 5, of: left)
      unsafe finish(row6, c, 6, of: left)
      unsafe finish(row7, c, 7, of: left)
    }
  #else
    @unsafe @inline(__always)
    private func multiply6(
      _ left: Left, _ rowStride: Int, _ step: Int, _ jump: Int, _ c: UnsafeMutablePointer<Float>
    ) {
      let a = unsafe left.base
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var right = unsafe right
      var at = 0
      var rest = depth
      while rest > 0 {
        for _ in 0..<min(rest, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          unsafe row5.add(a[at &+ 5 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        rest &-= 16
      }
      unsafe finish(row0, c, 0, of: left)
      unsafe finish(row1, c, 1, of: left)
      unsafe finish(row2, c, 2, of: left)
      unsafe finish(row3, c, 3, of: left)
      unsafe finish(row4, c, 4, of: left)
      unsafe finish(row5, c, 5, of: left)
    }

    @unsafe @inline(__always)
    private func multiply5(
      _ left: Left, _ rowStride: Int, _ step: Int, _ jump: Int, _ c: UnsafeMutablePointer<Float>
    ) {
      let a = unsafe left.base
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var right = unsafe right
      var at = 0
      var rest = depth
      while rest > 0 {
        for _ in 0..<min(rest, 16) {
          let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
          unsafe row0.add(a[at], lows, highs)
          unsafe row1.add(a[at &+ rowStride], lows, highs)
          unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
          unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
          unsafe row4.add(a[at &+ 4 &* rowStride], lows, highs)
          at &+= step
          unsafe right += rightStride
        }
        at &+= jump
        rest &-= 16
      }
      unsafe finish(row0, c, 0, of: left)
      unsafe finish(row1, c, 1, of: left)
      unsafe finish(row2, c, 2, of: left)
      unsafe finish(row3, c, 3, of: left)
      unsafe finish(row4, c, 4, of: left)
    }
  #endif

  @unsafe @inline(__always)
  private func multiply4(
    _ left: Left, _ rowStride: Int, _ step: Int, _ jump: Int, _ c: UnsafeMutablePointer<Float>
  ) {
    let a = unsafe left.base
    var row0 = unsafe start(c, 0)
    var row1 = unsafe start(c, 1)
    var row2 = unsafe start(c, 2)
    var row3 = unsafe start(c, 3)
    var right = unsafe right
    var at = 0
    var rest = depth
    while rest > 0 {
      for _ in 0..<min(rest, 16) {
        let (lows, highs) = unsafe (Self.load(right), Self.load(right + rightHigh))
        unsafe row0.add(a[at], lows, highs)
        unsafe row1.add(a[at &+ rowStride], lows, highs)
        unsafe row2.add(a[at &+ 2 &* rowStride], lows, highs)
        unsafe row3.add(a[at &+ 3 &* rowStride], lows, highs)
        at &+= step
        unsafe right += rightStride
      }
      at &+= jump
      rest &-= 16
    }
    unsafe finish(row0, c, 0, of: left)
    unsafe finish(row1, c, 1, of: left)
    unsafe finish(row2, c, 2, of: left)
    unsafe finish(row3, c, 3, of: left)
  }

  @unsafe @inline(__always)
  private func multiply1(_ left: Left, _ c: UnsafeMutablePointer<Float>) {
    let (a, step, jump) = unsafe (left.base, left.step, left.jump)
    var row0 = unsafe start(c, 0)
    for k in 0..<depth {
      let right = unsafe right + k &* rightStride
      unsafe row0.add(
        a[k &* step &+ k / 16 &* jump], Self.load(right), Self.load(right + rightHigh))
    }
    unsafe finish(row0, c, 0, of: left)
  }
}
