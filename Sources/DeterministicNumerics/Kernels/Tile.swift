/// The innermost loop of a matrix product: a tile of outputs held in vector registers while k runs.
///
/// With 16 registers of 8 lanes (AVX2, NEON and what else has no more), a tile is 6 × 16: twelve accumulators, fed by two
/// loads and six broadcasts a step of k. With 32 registers of 16 lanes (AVX-512), it is 12 × 32, twenty-four accumulators.
/// Either covers the latency of the multiply-adds. Lower tiles take the rows that are left.
@safe struct Tile {
  #if AVX512
    typealias Vector = SIMD16<Float>
    /// Most rows and columns of a tile.
    static let rows = 12
    static let columns = 32
  #else
    typealias Vector = SIMD8<Float>
    static let rows = 6
    static let columns = 16
  #endif

  private let low: UnsafePointer<Float>
  private let high: UnsafePointer<Float>
  private let depth: Int
  private let columns: Int
  private let resumes: Bool
  private let hasBias: Bool
  private let lowBias: Vector
  private let highBias: Vector
  private let cRowStride: Int

  /// A right factor of up to `Tile.columns` columns, from one panel or two.
  ///
  /// SAFETY: `panel` has depth · 16 elements, and so has the one `panelStride` behind it where a tile is wider than one
  /// panel and `columns` above 16; `bias` has `columns` elements.
  @unsafe @inline(__always)
  init(
    panel: UnsafePointer<Float>, panelStride: Int, depth: Int, columns: Int,
    bias: UnsafePointer<Float>?, resumes: Bool, cRowStride: Int
  ) {
    unsafe low = panel
    #if AVX512
      // A tile of one panel computes it twice; see `multiply`.
      unsafe high = columns > 16 ? panel + panelStride : panel
    #else
      unsafe high = panel + 8
    #endif
    self.depth = depth
    self.columns = columns
    self.resumes = resumes
    self.cRowStride = cRowStride
    if let bias = unsafe bias {
      hasBias = true
      (lowBias, highBias) = unsafe Self.read(bias, columns)
    } else {
      hasBias = false
      (lowBias, highBias) = (Vector(), Vector())
    }
  }

  /// A left factor: row i at step k is read at base[i · rowStride + k · step].
  @safe struct Left {
    let base: UnsafePointer<Float>
    let rowStride: Int
    let isPacked: Bool

    /// Rows where they stand.
    @unsafe @inline(__always)
    init(rows base: UnsafePointer<Float>, rowStride: Int) {
      unsafe self.base = base
      self.rowStride = rowStride
      isPacked = false
    }

    /// Rows packed side by side, `Tile.rows` of them.
    @unsafe @inline(__always)
    init(packed base: UnsafePointer<Float>) {
      unsafe self.base = base
      rowStride = 1
      isPacked = true
    }
  }

  /// The rows the next tile takes when so many are left.
  @inline(__always)
  static func height(atMost rows: Int) -> Int {
    #if AVX512
      rows >= 12 ? 12 : rows >= 8 ? 8 : rows >= 4 ? 4 : 1
    #else
      rows >= 6 ? 6 : rows >= 4 ? 4 : 1
    #endif
  }

  /// Computes `height(atMost: rows)` rows and returns how many that were.
  ///
  /// SAFETY: `left` has that many rows of `depth` elements, `c` that many rows of `columns`.
  @unsafe @inline(__always)
  func multiply(_ left: Left, _ rows: Int, into c: UnsafeMutablePointer<Float>) -> Int {
    let height = Self.height(atMost: rows)
    switch (height, left.isPacked) {
    #if AVX512
      case (12, true): unsafe multiply12(left.base, 1, Self.rows, c)
      case (12, false): unsafe multiply12(left.base, left.rowStride, 1, c)
      case (8, true): unsafe multiply8(left.base, 1, Self.rows, c)
      case (8, false): unsafe multiply8(left.base, left.rowStride, 1, c)
    #else
      case (6, true): unsafe multiply6(left.base, 1, Self.rows, c)
      case (6, false): unsafe multiply6(left.base, left.rowStride, 1, c)
    #endif
    case (4, true): unsafe multiply4(left.base, 1, Self.rows, c)
    case (4, false): unsafe multiply4(left.base, left.rowStride, 1, c)
    case (_, true): unsafe multiply1(left.base, Self.rows, c)
    default: unsafe multiply1(left.base, 1, c)
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

    @inline(__always)
    mutating func add(_ a: Float, _ low: Vector, _ high: Vector) {
      let a = Vector(repeating: a)
      self.low.addProduct(a, low)
      self.high.addProduct(a, high)
    }
  }

  /// Zeros, or what an earlier piece of the chain left in `c`.
  @unsafe @inline(__always)
  private func start(_ c: UnsafeMutablePointer<Float>, _ row: Int) -> Row {
    guard resumes else { return Row(low: Vector(), high: Vector()) }
    let (low, high) = unsafe Self.read(c + row &* cRowStride, columns)
    return Row(low: low, high: high)
  }

  @unsafe @inline(__always)
  private func finish(_ row: Row, _ c: UnsafeMutablePointer<Float>, _ index: Int) {
    let low = hasBias ? row.low + lowBias : row.low
    let high = hasBias ? row.high + highBias : row.high
    let c = unsafe c + index &* cRowStride
    let lanes = Vector.scalarCount
    if columns == Self.columns {
      unsafe Self.write(low, c)
      unsafe Self.write(high, c + lanes)
    } else if columns == lanes {
      unsafe Self.write(low, c)
    } else {
      for j in 0..<columns { unsafe c[j] = j < lanes ? low[j] : high[j &- lanes] }
    }
  }

  /// `columns` numbers, zeros behind them.
  @unsafe @inline(__always)
  private static func read(_ source: UnsafePointer<Float>, _ columns: Int) -> (Vector, Vector) {
    let lanes = Vector.scalarCount
    if columns == Self.columns { return unsafe (load(source), load(source + lanes)) }
    var low = Vector()
    var high = Vector()
    for j in 0..<columns {
      if j < lanes { unsafe low[j] = source[j] } else { unsafe high[j &- lanes] = source[j] }
    }
    return (low, high)
  }

  @unsafe @inline(__always)
  private static func load(_ source: UnsafePointer<Float>) -> Vector {
    unsafe UnsafeRawPointer(source).loadUnaligned(as: Vector.self)
  }

  @unsafe @inline(__always)
  private static func write(_ value: Vector, _ target: UnsafeMutablePointer<Float>) {
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: value, as: Vector.self)
  }
}

// MARK: The loops

// SAFETY of all: as for `multiply`; row i at step k is a[i · rowStride + k · step].

extension Tile {
  #if AVX512
    @unsafe @inline(__always)
    private func multiply12(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ c: UnsafeMutablePointer<Float>
    ) {
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
      var k = 0
      var at = 0
      while k < depth {
        let low = unsafe Self.load(self.low + k &* 16)
        let high = unsafe Self.load(self.high + k &* 16)
        unsafe row0.add(a[at], low, high)
        unsafe row1.add(a[at &+ rowStride], low, high)
        unsafe row2.add(a[at &+ 2 &* rowStride], low, high)
        unsafe row3.add(a[at &+ 3 &* rowStride], low, high)
        unsafe row4.add(a[at &+ 4 &* rowStride], low, high)
        unsafe row5.add(a[at &+ 5 &* rowStride], low, high)
        unsafe row6.add(a[at &+ 6 &* rowStride], low, high)
        unsafe row7.add(a[at &+ 7 &* rowStride], low, high)
        unsafe row8.add(a[at &+ 8 &* rowStride], low, high)
        unsafe row9.add(a[at &+ 9 &* rowStride], low, high)
        unsafe row10.add(a[at &+ 10 &* rowStride], low, high)
        unsafe row11.add(a[at &+ 11 &* rowStride], low, high)
        k &+= 1
        at &+= step
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
      unsafe finish(row5, c, 5)
      unsafe finish(row6, c, 6)
      unsafe finish(row7, c, 7)
      unsafe finish(row8, c, 8)
      unsafe finish(row9, c, 9)
      unsafe finish(row10, c, 10)
      unsafe finish(row11, c, 11)
    }

    @unsafe @inline(__always)
    private func multiply8(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ c: UnsafeMutablePointer<Float>
    ) {
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var row6 = unsafe start(c, 6)
      var row7 = unsafe start(c, 7)
      var k = 0
      var at = 0
      while k < depth {
        let low = unsafe Self.load(self.low + k &* 16)
        let high = unsafe Self.load(self.high + k &* 16)
        unsafe row0.add(a[at], low, high)
        unsafe row1.add(a[at &+ rowStride], low, high)
        unsafe row2.add(a[at &+ 2 &* rowStride], low, high)
        unsafe row3.add(a[at &+ 3 &* rowStride], low, high)
        unsafe row4.add(a[at &+ 4 &* rowStride], low, high)
        unsafe row5.add(a[at &+ 5 &* rowStride], low, high)
        unsafe row6.add(a[at &+ 6 &* rowStride], low, high)
        unsafe row7.add(a[at &+ 7 &* rowStride], low, high)
        k &+= 1
        at &+= step
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
      unsafe finish(row5, c, 5)
      unsafe finish(row6, c, 6)
      unsafe finish(row7, c, 7)
    }

  #else
    @unsafe @inline(__always)
    private func multiply6(
      _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ c: UnsafeMutablePointer<Float>
    ) {
      var row0 = unsafe start(c, 0)
      var row1 = unsafe start(c, 1)
      var row2 = unsafe start(c, 2)
      var row3 = unsafe start(c, 3)
      var row4 = unsafe start(c, 4)
      var row5 = unsafe start(c, 5)
      var k = 0
      var at = 0
      while k < depth {
        let low = unsafe Self.load(self.low + k &* 16)
        let high = unsafe Self.load(self.high + k &* 16)
        unsafe row0.add(a[at], low, high)
        unsafe row1.add(a[at &+ rowStride], low, high)
        unsafe row2.add(a[at &+ 2 &* rowStride], low, high)
        unsafe row3.add(a[at &+ 3 &* rowStride], low, high)
        unsafe row4.add(a[at &+ 4 &* rowStride], low, high)
        unsafe row5.add(a[at &+ 5 &* rowStride], low, high)
        k &+= 1
        at &+= step
      }
      unsafe finish(row0, c, 0)
      unsafe finish(row1, c, 1)
      unsafe finish(row2, c, 2)
      unsafe finish(row3, c, 3)
      unsafe finish(row4, c, 4)
      unsafe finish(row5, c, 5)
    }
  #endif

  @unsafe @inline(__always)
  private func multiply4(
    _ a: UnsafePointer<Float>, _ rowStride: Int, _ step: Int, _ c: UnsafeMutablePointer<Float>
  ) {
    var row0 = unsafe start(c, 0)
    var row1 = unsafe start(c, 1)
    var row2 = unsafe start(c, 2)
    var row3 = unsafe start(c, 3)
    var k = 0
    var at = 0
    while k < depth {
      let low = unsafe Self.load(self.low + k &* 16)
      let high = unsafe Self.load(self.high + k &* 16)
      unsafe row0.add(a[at], low, high)
      unsafe row1.add(a[at &+ rowStride], low, high)
      unsafe row2.add(a[at &+ 2 &* rowStride], low, high)
      unsafe row3.add(a[at &+ 3 &* rowStride], low, high)
      k &+= 1
      at &+= step
    }
    unsafe finish(row0, c, 0)
    unsafe finish(row1, c, 1)
    unsafe finish(row2, c, 2)
    unsafe finish(row3, c, 3)
  }

  @unsafe @inline(__always)
  private func multiply1(
    _ a: UnsafePointer<Float>, _ step: Int, _ c: UnsafeMutablePointer<Float>
  ) {
    var row0 = unsafe start(c, 0)
    for k in 0..<depth {
      unsafe row0.add(a[k &* step], Self.load(low + k &* 16), Self.load(high + k &* 16))
    }
    unsafe finish(row0, c, 0)
  }
}
