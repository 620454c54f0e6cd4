/// How many second operands and classes a spectrum is averaged over: the first n_b and n_c.
public struct SpectrumResolution: Sendable, Hashable {
  public var operands: Int
  public var classes: Int

  public init(operands: Int, classes: Int) {
    self.operands = operands
    self.classes = classes
  }

  /// The paper's resolution: n_b = 3, n_c = 5.
  public static let low = SpectrumResolution(operands: 3, classes: 5)

  /// All operands and classes.
  public static func full(modulus: Int) -> SpectrumResolution {
    SpectrumResolution(operands: modulus, classes: modulus)
  }
}

/// Fourier power of the logits over the first operand (SPEC.md, "Spectra").
///
/// P_k = 1/(n_b n_c) · Σ_b Σ_c |Σ_a logit_c(a, b)·e^{−2πi·ak/p} / p|², for the one-sided bins k = 0
/// ... p/2. The logits are real, so bin p − k equals bin k. It is computed in binary64 without
/// fused operations, with all sums in ascending order, and so has the same bits anywhere.
package struct LogitSpectrum: Sendable {
  private typealias Lanes = SIMD8<Double>

  let modulus: Int
  var binCount: Int { modulus / 2 + 1 }
  private let laneCount: Int
  /// cos and sin of 2π·ak/p: one row for each operand a, with the bins in lanes.
  private let cosines: [Lanes]
  private let sines: [Lanes]

  package init(modulus: Int) {
    self.modulus = modulus
    let table = CosineTable(period: modulus)
    let (bins, lanes) = (modulus / 2 + 1, (modulus / 2 + 8) / 8)
    laneCount = lanes
    func row(_ values: [Double]) -> [Lanes] {
      (0..<modulus).flatMap { a in
        (0..<lanes).map { group in
          var result = Lanes()
          for lane in 0..<8 where group * 8 + lane < bins {
            result[lane] = values[a * (group * 8 + lane) % modulus]
          }
          return result
        }
      }
    }
    cosines = row(table.cosines)
    sines = row(table.sines)
  }

  /// - Parameter logits: The logit of class c for (a, b) is at (a·p + b)·p + c.
  package func power(of logits: [Float], at resolution: SpectrumResolution) -> [Double] {
    let p = modulus
    precondition(logits.count == p * p * p, "\(logits.count) logits modulo \(p)")
    precondition(
      (1...p).contains(resolution.operands) && (1...p).contains(resolution.classes),
      "\(resolution) modulo \(p)")
    var sum = [Lanes](repeating: .zero, count: laneCount)
    var real = sum
    var imaginary = sum
    for b in 0..<resolution.operands {
      for c in 0..<resolution.classes {
        for group in 0..<laneCount { (real[group], imaginary[group]) = (.zero, .zero) }
        for a in 0..<p {
          let logit = Lanes(repeating: Double(logits[(a * p + b) * p + c]))
          for group in 0..<laneCount {
            real[group] += logit * cosines[a * laneCount + group]
            imaginary[group] += logit * sines[a * laneCount + group]
          }
        }
        for group in 0..<laneCount {
          sum[group] += real[group] * real[group] + imaginary[group] * imaginary[group]
        }
      }
    }
    let count = Double(p * p * resolution.operands * resolution.classes)
    return (0..<binCount).map { sum[$0 / 8][$0 % 8] / count }
  }
}
