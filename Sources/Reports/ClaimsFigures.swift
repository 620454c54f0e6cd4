import Analysis
import Foundation
import RunRecords

/// The paper's figures, drawn from our runs, with the released ones in grey behind them.
struct ClaimsFigures {
  let runs: Evidence
  let released: Evidence?

  var all: [Figure] {
    [
      normDecay, onDecay, onRate, delayOnRatio, normOverModulus, optimizers, multiplication, parity,
    ]
  }

  /// "p = 97, η = 0.001, λ = 1, seed 42".
  static func describe(_ run: Observation) -> String {
    let task =
      switch run.task {
      case .addition(let modulus): "addition mod \(modulus)"
      case .multiplication(let modulus): "multiplication mod \(modulus)"
      case .parity(let bits): "parity of 3 of \(bits) bits"
      }
    let optimizer =
      switch run.optimizer {
      case .adamW: ""
      case .sgd(let factor): ", SGD w = \(factor == 1 ? "" : Figures.rounded(factor))λ"
      }
    return "\(task), η = \(Figures.rounded(run.learningRate)), "
      + "λ = \(Figures.rounded(run.weightDecay))\(optimizer), seed \(run.seed)"
  }

  private func points(
    _ runs: [Observation], isOurs: Bool, _ place: (Observation) -> (Double, Double, Bool)?
  ) -> [Figure.Point] {
    runs.compactMap { run in
      guard let (x, y, isCensored) = place(run) else { return nil }
      return Figure.Point(
        x: x, y: y,
        title: Self.describe(run) + (isOurs ? "" : " (released)")
          + (isCensored ? ", not grokked" : ""),
        link: isOurs ? "#" + ClaimsReport.anchor(run.source) : nil, isCensored: isCensored)
    }
  }

  /// Grey first, so that ours lie above.
  private func both(
    _ experiment: Experiment, color: Int = 0, name: String = "ours",
    where includes: (Observation) -> Bool = { _ in true },
    _ place: (Observation) -> (Double, Double, Bool)?
  ) -> [Figure.Series] {
    [
      .init(
        name: "released", color: 7, form: .points,
        points: points(
          (released?[experiment] ?? []).filter(includes), isOurs: false, place)),
      .init(
        name: name, color: color, form: .points,
        points: points(runs[experiment].filter(includes), isOurs: true, place)),
    ]
  }

  /// The power law of ours, or of the released runs where ours do not give one.
  private func powerLaw(
    _ experiment: Experiment, _ x: (Observation) -> Double, where includes: (Observation) -> Bool
  ) -> Figure.Series? {
    for (source, isOurs) in [(runs, true), (released, false)] {
      let used = (source?[experiment] ?? []).filter { includes($0) && $0.grokkingStep != nil }
      guard
        let fit = LinearFit.powerLaw(
          x: used.map(x), y: used.map { Double($0.grokkingStep ?? 0) }),
        let low = used.map(x).min(), let high = used.map(x).max()
      else { continue }
      let error = fit.slopeStandardError.map { " ± \(String(format: "%.2f", $0))" } ?? ""
      return Figure.Series(
        name: "exponent \(String(format: "%.2f", fit.slope))\(error)"
          + (isOurs ? "" : " (released)"),
        color: isOurs ? 1 : 7, form: .line,
        points: [low, high].map {
          .init(x: $0, y: exp(fit.intercept + fit.slope * log($0)), title: "")
        })
    }
    return nil
  }

  private func time(_ run: Observation) -> (Double, Bool)? {
    run.timeToGrokking.map { ($0.time, !$0.isObserved) }
  }
}

// MARK: The figures

extension ClaimsFigures {
  private var normDecay: Figure {
    let all = runs[.contraction].isEmpty ? released?[.contraction] ?? [] : runs[.contraction]
    var series = all.map { run in
      Figure.Series(
        name: runs[.contraction].isEmpty ? "V, released" : "V, ours",
        color: runs[.contraction].isEmpty ? 7 : 0, form: .line,
        points: run.rows.map { .init(x: Double($0.step), y: $0.squaredNorm, title: "") })
    }
    for run in all {
      guard let fit = run.fit, let start = run.memorizationStep, let end = run.rows.last?.step
      else { continue }
      series.append(
        Figure.Series(
          name: "fit from memorisation on", color: 1, form: .dashes,
          points: (0...40).map { part in
            let time = Double(part) / 40 * Double(end - start)
            return .init(
              x: Double(start) + time,
              y: fit.amplitude * exp(fit.exponent * time) + fit.floor, title: "")
          }))
    }
    return Figure(
      title: "The norm contracts exponentially (S1)",
      caption: "V = ‖θ‖² at p = 97, η = 1e-3, λ = 1, logged every 200 steps, with A·ρ^t + C.",
      xName: "step", yName: "V", xScale: .linear, yScale: .logarithmic, series: series)
  }

  private var onDecay: Figure {
    let law = powerLaw(
      .decaySweep, { 1 / $0.weightDecay }, where: { (0.1...1).contains($0.weightDecay) })
    return Figure(
      title: "T_grok on 1/λ, and the regimes (S2)",
      caption:
        "The exponent is fitted over λ from 0.1 to 1; the law says 1. At λ ≤ 0.01 the runs end after "
        + "15 000 steps, at λ = 5 nothing is memorised.",
      xName: "1/λ", yName: "T_grok", xScale: .logarithmic, yScale: .logarithmic,
      series: both(.decaySweep) { run in
        time(run).map { (1 / run.weightDecay, $0.0, $0.1) }
      } + (law.map { [$0] } ?? []))
  }

  private var onRate: Figure {
    let law = powerLaw(.rateSweep, { 1 / $0.learningRate }, where: { _ in true })
    return Figure(
      title: "T_grok on 1/η (S5A)", caption: "λ = 1. The law says an exponent of 1.",
      xName: "1/η", yName: "T_grok", xScale: .logarithmic, yScale: .logarithmic,
      series: both(.rateSweep) { run in
        time(run).map { (1 / run.learningRate, $0.0, $0.1) }
      } + (law.map { [$0] } ?? []))
  }

  private var delayOnRatio: Figure {
    let experiment: Experiment =
      runs[.modulusSweepFine].isEmpty ? .modulusSweep : .modulusSweepFine
    func place(_ run: Observation) -> (Double, Double, Bool)? {
      guard let ratio = run.logRatio, let delay = run.delay else { return nil }
      return (ratio, delay, false)
    }
    var series = [
      Figure.Series(
        name: "released, logged every 200", color: 7, form: .points,
        points: points(released?[.modulusSweep] ?? [], isOurs: false, place))
    ]
    for (color, modulus) in Experiment.moduli.enumerated() {
      let own = runs[experiment].filter { $0.size == modulus }
      series.append(
        .init(
          name: "p = \(modulus)", color: color, form: .points,
          points: points(own, isOurs: true, place)))
    }
    return Figure(
      title: "The delay on log(V_mem/V_post), within and between moduli (S3)",
      caption:
        "η = 1e-3, λ = 1. T_esc is the abscissa over γ; a correlation between moduli need not be one "
        + "within a modulus.",
      xName: "log(V_mem / V_post)", yName: "T_grok − T_mem", xScale: .linear, yScale: .linear,
      series: series)
  }

  private var normOverModulus: Figure {
    let experiment: Experiment =
      runs[.modulusSweepFine].isEmpty ? .modulusSweep : .modulusSweepFine
    func norm(
      _ name: String, _ color: Int, _ value: (Observation) -> Double?
    ) -> Figure.Series {
      .init(
        name: name, color: color, form: .points,
        points: points(runs[experiment], isOurs: true) { run in
          value(run).map { (Double(run.size), $0, false) }
        })
    }
    return Figure(
      title: "Norms over the modulus (S3)",
      caption: "V_mem falls and V_post rises with p. Both depend on the log interval: "
        + (experiment == .modulusSweepFine ? "50 steps here." : "200 steps here."),
      xName: "p", yName: "V", xScale: .linear, yScale: .logarithmic,
      series: [
        .init(
          name: "released, logged every 200", color: 7, form: .points,
          points: [\Observation.squaredNormAtMemorization, \.finalSquaredNorm].flatMap { value in
            points(released?[.modulusSweep] ?? [], isOurs: false) { run in
              run[keyPath: value].map { (Double(run.size), $0, false) }
            }
          }),
        norm("V_mem", 0) { $0.squaredNormAtMemorization },
        norm("V_post", 1) { $0.finalSquaredNorm },
      ])
  }

  private var optimizers: Figure {
    let isOurs = !runs[.threeOptimizers].isEmpty
    let all = isOurs ? runs[.threeOptimizers] : released?[.threeOptimizers] ?? []
    let kinds: [(Observation.Optimizer, String, Int)] = [
      (.adamW, "AdamW", 0), (.sgd(decayFactor: 1), "SGD, w = λ", 2),
      (.sgd(decayFactor: 2), "SGD, w = 2λ", 1),
    ]
    return Figure(
      title: "SGD against AdamW (S8)",
      caption: "η = 1e-3, λ = 1. One global rate contracts the norm before anything is memorised."
        + (isOurs ? "" : " Released runs."),
      xName: "step", yName: "V", xScale: .linear, yScale: .logarithmic,
      series: kinds.flatMap { kind, name, color in
        all.filter { $0.optimizer == kind }.map { run in
          Figure.Series(
            name: name, color: color, form: .line,
            points: run.rows.map { .init(x: Double($0.step), y: $0.squaredNorm, title: "") })
        }
      })
  }

  private func delayOverSize(_ run: Observation) -> (Double, Double, Bool)? {
    run.delay.map { (Double(run.size), $0, false) }
  }

  private var multiplication: Figure {
    Figure(
      title: "Multiplication, with its control (S9)",
      caption:
        "The paper compares multiplication under one model with addition under another. The control is "
        + "multiplication under addition’s model.",
      xName: "p", yName: "T_grok − T_mem", xScale: .linear, yScale: .linear,
      series: both(.multiplication, color: 1, name: "multiplication", delayOverSize)
        + [
          .init(
            name: "multiplication, addition’s model", color: 2, form: .points,
            points: points(runs[.multiplicationControl], isOurs: true, delayOverSize)),
          .init(
            name: "addition", color: 0, form: .points,
            points: points(runs[.modulusSweep], isOurs: true, delayOverSize)),
        ])
  }

  private var parity: Figure {
    Figure(
      title: "Sparse parity (S10)",
      caption:
        "A delay of 0 is one log interval wide, so parity is also logged every 5 steps; and with 1000 "
        + "training samples.",
      xName: "bits", yName: "T_grok − T_mem", xScale: .linear, yScale: .linear,
      series: both(.parity, name: "logged every 200", delayOverSize)
        + [
          .init(
            name: "logged every 5", color: 2, form: .points,
            points: points(runs[.parityFine], isOurs: true, delayOverSize)),
          .init(
            name: "1000 samples", color: 1, form: .points,
            points: points(runs[.parityScarce], isOurs: true, delayOverSize)),
        ])
  }
}
