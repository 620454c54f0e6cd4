/// The most floating-point operations that a core can do with the kernels' vectors.
enum FMAPeak {
  #if AVX512
    typealias Lanes = SIMD16<Float>
  #else
    typealias Lanes = SIMD8<Float>
  #endif

  /// GFLOP/s of twelve independent chains of fused multiply-adds, and nothing else: the best of 60
  /// goes, each as long as a step.
  static func measure() -> Double {
    var best = 0.0
    for _ in 0..<60 {
      let rounds = 300_000
      var sink: Float = 0
      let seconds = seconds {
        sink = chains(rounds)
      }
      precondition(sink.isFinite)
      best = max(best, Double(rounds * 12 * Lanes.scalarCount * 2) / seconds / 1e9)
    }
    return best
  }

  @inline(never) private static func chains(_ rounds: Int) -> Float {
    let factor = Lanes(repeating: 0.999)
    let term = Lanes(repeating: 0.001)
    var a = Lanes(repeating: 1)
    var (b, c, d, e, f) = (a, a, a, a, a)
    var (g, h, i, j, k, l) = (a, a, a, a, a, a)
    for _ in 0..<rounds {
      a = term.addingProduct(a, factor)
      b = term.addingProduct(b, factor)
      c = term.addingProduct(c, factor)
      d = term.addingProduct(d, factor)
      e = term.addingProduct(e, factor)
      f = term.addingProduct(f, factor)
      g = term.addingProduct(g, factor)
      h = term.addingProduct(h, factor)
      i = term.addingProduct(i, factor)
      j = term.addingProduct(j, factor)
      k = term.addingProduct(k, factor)
      l = term.addingProduct(l, factor)
    }
    let all = ((a + b) + (c + d)) + ((e + f) + (g + h)) + ((i + j) + (k + l))
    return (0..<Lanes.scalarCount).reduce(0) { $0 + all[$1] }
  }
}

/// Wall-clock seconds that `body` takes.
func seconds(_ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  let duration = clock.measure(body)
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
