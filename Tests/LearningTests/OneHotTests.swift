import DeterministicNumerics
import Testing

@testable import Learning

/// One-hot rows are looked up instead of multiplied; the result is that of the product.
@Suite struct OneHotTests {
  private let inputs = 37
  private let outputs = 64
  private let depth = 21

  private func places(_ row: Int) -> (Int, Int) { (row * 5 % 17, 17 + row * 11 % 20) }

  private func denseRows() -> Rows {
    let x = Rows.panels(depth, width: inputs)
    for row in 0..<depth {
      for place in [places(row).0, places(row).1] {
        // SAFETY: the place lies below the width.
        unsafe x.row(row, column: place).pointee = 1
      }
    }
    return x
  }

  private func bits(_ storage: FloatStorage) -> [UInt32] {
    (0..<storage.count).map { index in
      let value = unsafe storage.base[index]
      return value.isNaN ? Float.nan.bitPattern : value.bitPattern
    }
  }

  @Test func forward() {
    let parameters = FloatStorage(count: outputs * inputs + outputs)
    var stream = RandomStream(seed: 1, purpose: .examples, index: 0)
    for i in 0..<parameters.count { unsafe parameters.base[i] = stream.nextNormalPair().0 }
    unsafe parameters.base[inputs * 3] = -0.0
    let weight = PackedWeight(offset: 0, outputs: outputs, inputs: inputs)
    // SAFETY: the block holds the matrix and, after it, the bias.
    unsafe weight.packForward(parameters.base)
    #expect(weight.isFinite)
    let (x, dense, found) = (
      denseRows(), Rows.panels(depth, width: outputs), Rows.panels(depth, width: outputs)
    )
    for isBiased in [false, true] {
      let bias = unsafe isBiased ? UnsafePointer(parameters.base + outputs * inputs) : nil
      unsafe weight.apply(
        x.base, x.layout, rows: depth, bias: bias, into: dense.base, dense.layout)
      for row in 0..<depth {
        unsafe weight.look(
          up: places(row).0, places(row).1, bias: bias, into: found.row(row),
          yStride: found.layout.panelStride)
        for output in 0..<outputs {
          let (one, other) = unsafe (
            dense.row(row, column: output).pointee, found.row(row, column: output).pointee
          )
          #expect(one.bitPattern == other.bitPattern, "row \(row), output \(output)")
        }
      }
    }
    unsafe parameters.base[outputs * inputs - 1] = .infinity
    unsafe weight.packForward(parameters.base)
    #expect(!weight.isFinite)
  }

  @Test(arguments: [Float?.none, .infinity, -.infinity, .nan])
  func gradient(odd: Float?) {
    let dy = Rows.panels(depth, width: outputs)
    var stream = RandomStream(seed: 2, purpose: .examples, index: 0)
    for row in 0..<depth {
      for output in 0..<outputs {
        // SAFETY: the output lies below the width.
        unsafe dy.row(row, column: output).pointee = stream.nextNormalPair().0
      }
    }
    if let odd { unsafe dy.row(7, column: 20).pointee = odd }
    let weight = PackedWeight(offset: 0, outputs: outputs, inputs: inputs)
    let x = denseRows()
    let dense = FloatStorage(count: outputs * inputs + outputs)
    let found = FloatStorage(count: dense.count)
    for slice in PackedWeight.slices(of: outputs) {
      // SAFETY: the blocks hold the matrix and, after it, the bias.
      unsafe weight.gradient(
        slice, dy: dy.base, dy.layout, depth: depth, x: x.base, x.layout, into: dense.base,
        bias: outputs * inputs)
      unsafe weight.gradient(
        slice, dy: dy, depth: depth, places: places, into: found.base, bias: outputs * inputs)
    }
    #expect(bits(dense) == bits(found))
  }
}
