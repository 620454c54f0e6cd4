import Analysis
import Foundation
import RunRecords

/// The paper's figures, drawn from our runs, with the released ones in grey behind them.
struct ClaimsFigures {
  let runs: Evidence
  let released: Evidence?

  var all: [Figure] {
    [
      normDecay, onDecay, onRate, delayOnRatio, delayOnEscape, normOverModulus, collapse, gap,
      optimizers, multiplication, parity,
    ]
  }

  /// The two that stand for the paper.
  var headline: [Figure] {
    var times = onDecay
    times.title = "When it groks, on 1/λ (S2)"
    return [normDecay, times]
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
    _ experiment: Experiment, color: Ink = .color(0), name: String = "ours", shift: Double = 5,
    where includes: (Observation) -> Bool = { _ in true },
    _ place: (Observation) -> (Double, Double, Bool)?
  ) -> [Figure.Series] {
    [
      .init(
        name: "released", color: .grey, form: .points,
        points: points(
          (released?[experiment] ?? []).filter(includes), isOurs: false, place), shift: -shift),
      .init(
        name: name, color: color, form: .points,
        points: points(runs[experiment].filter(includes), isOurs: true, place), shift: shift),
    ]
  }

  /// The power law of ours, or of the released runs where ours do not give one.
  private func powerLaw(
    of name: String, _ experiment: Experiment, color: Ink, _ x: (Observation) -> Double,
    _ y: (Observation) -> Double?, where includes: (Observation) -> Bool = { _ in true }
  ) -> [Figure.Series] {
    for (source, isOurs) in [(runs, true), (released, false)] {
      let used = (source?[experiment] ?? []).filter { includes($0) && y($0) ?? 0 > 0 }
      guard
        let fit = LinearFit.powerLaw(x: used.map(x), y: used.compactMap(y)),
        let low = used.map(x).min(), let high = used.map(x).max()
      else { continue }
      let error = fit.slopeStandardError.map { " ± \(String(format: "%.2f", $0))" } ?? ""
      return [
        Figure.Series(
          name: "\(name): exponent \(String(format: "%.2f", fit.slope))\(error)"
            + (isOurs ? "" : " (released)"),
          color: isOurs ? color : .grey, form: .line,
          points: [low, high].map {
            .init(x: $0, y: exp(fit.intercept + fit.slope * log($0)), title: "")
          })
      ]
    }
    return []
  }

  /// T_grok and the delay on one abscissa, with power laws, and medians where runs are censored.
  private func times(
    _ experiment: Experiment, _ x: (Observation) -> Double,
    where isFitted: (Observation) -> Bool = { _ in true }
  ) -> [Figure.Series] {
    let all = runs[experiment].isEmpty ? released?[experiment] ?? [] : runs[experiment]
    let byPlace = Dictionary(grouping: all, by: x).sorted { $0.key < $1.key }
    let medians = byPlace.compactMap { place, runs -> Figure.Point? in
      guard runs.contains(where: { $0.grokkingStep == nil }),
        let median = KaplanMeier.median(runs.compactMap(\.timeToGrokking))
      else { return nil }
      return .init(
        x: place, y: median, title: "median of \(runs.count) runs: \(Figures.rounded(median))")
    }
    return both(experiment, name: "T_grok") { run in time(run).map { (x(run), $0.0, $0.1) } }
      + [
        .init(
          name: "T_grok − T_mem", color: .color(2), form: .points,
          points: points(runs[experiment], isOurs: true) { run in
            run.delay.map { (x(run), $0, false) }
          }, shift: 14)
      ]
      + powerLaw(
        of: "T_grok", experiment, color: .color(0), x, { $0.grokkingStep.map(Double.init) },
        where: isFitted)
      + powerLaw(of: "delay", experiment, color: .color(2), x, \.delay, where: isFitted)
      + [
        .init(
          name: "median, censored runs counted (Kaplan–Meier)", color: .color(1), form: .bars,
          points: medians, shift: 5)
      ]
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
        color: runs[.contraction].isEmpty ? .grey : .color(0), form: .line,
        points: run.rows.map { .init(x: Double($0.step), y: $0.squaredNorm, title: "") },
        title: Self.describe(run),
        link: runs[.contraction].isEmpty ? nil : "#" + ClaimsReport.anchor(run.source))
    }
    for run in all {
      guard let fit = run.fit, let start = run.memorizationStep, let end = run.rows.last?.step
      else { continue }
      series.append(
        Figure.Series(
          name: "fit from memorisation on", color: .color(1), form: .dashes,
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
    Figure(
      title: "T_grok and the delay on 1/λ, and the regimes (S2)",
      caption:
        "Exponents are fitted over λ from 0.1 to 1; the law says 1. Left, λ = 5 and 2: too strong; right, λ ≤ 0.01: "
        + "too weak to grok in the 15 000 steps that these runs have.",
      xName: "1/λ", yName: "steps", xScale: .logarithmic, yScale: .logarithmic,
      series: times(
        .decaySweep, { 1 / $0.weightDecay }, where: { (0.1...1).contains($0.weightDecay) }))
  }

  private var onRate: Figure {
    Figure(
      title: "T_grok and the delay on 1/η (S5A)",
      caption: "λ = 1. The law says an exponent of 1.",
      xName: "1/η", yName: "steps", xScale: .logarithmic, yScale: .logarithmic,
      series: times(.rateSweep, { 1 / $0.learningRate }))
  }

  /// S3 as it is logged finer, where there are such runs.
  private var modulusSweep: Experiment {
    runs[.modulusSweepFine].isEmpty ? .modulusSweep : .modulusSweepFine
  }

  private var delayOnRatio: Figure {
    let experiment = modulusSweep
    func place(_ run: Observation) -> (Double, Double, Bool)? {
      guard let ratio = run.logRatio, let delay = run.delay else { return nil }
      return (ratio, delay, false)
    }
    var series = [
      Figure.Series(
        name: "released, logged every 200", color: .grey, form: .points,
        points: points(released?[.modulusSweep] ?? [], isOurs: false, place))
    ]
    var means: [Figure.Point] = []
    for (color, modulus) in Experiment.moduli.enumerated() {
      let own = runs[experiment].filter { $0.size == modulus }
      series.append(
        .init(
          name: "p = \(modulus)", color: Ink.ramp(color, of: Experiment.moduli.count),
          form: .points,
          points: points(own, isOurs: true, place)))
      if let x = own.compactMap(\.logRatio).mean, let y = own.compactMap(\.delay).mean {
        means.append(.init(x: x, y: y, title: ""))
      }
    }
    series.append(
      .init(name: "means of the moduli", color: .color(6), form: .dashes, points: means))
    return Figure(
      title: "The delay on log(V_mem/V_post), within and between moduli (S3)",
      caption:
        "η = 1e-3, λ = 1, logged every \(experiment == .modulusSweepFine ? 50 : 200) steps. The means rise with the "
        + "ratio; within a modulus (one colour) the delay hardly follows it: claim 16 has both correlations.",
      xName: "log(V_mem / V_post)", yName: "T_grok − T_mem", xScale: .linear, yScale: .linear,
      series: series)
  }

  private var delayOnEscape: Figure {
    let experiment = modulusSweep
    let all = runs[experiment]
    let meanings: [(Observation.Gamma, Ink)] = [
      (.single, .color(1)), (.double, .color(0)), (.fitted, .color(2)),
    ]
    let times = all.flatMap { run in meanings.compactMap { run.escapeTime($0.0) } }
    let ends = times.min().flatMap { low in times.max().map { [low, $0] } } ?? []
    return Figure(
      title: "The delay on T_esc, for each meaning of γ (S3)",
      caption:
        "T_esc = log(V_mem/V_post)/γ of the same runs. The paper’s tables take γ = 2ηλ, its slope of 1.08 needs γ = ηλ, "
        + "its text says γ_fit. On the dashed line the delay is T_esc.",
      xName: "T_esc", yName: "T_grok − T_mem", xScale: .linear, yScale: .linear,
      series: meanings.map { meaning, color in
        .init(
          name: "γ = \(meaning.rawValue)", color: color, form: .points,
          points: points(all, isOurs: true) { run in
            guard let time = run.escapeTime(meaning), let delay = run.delay else { return nil }
            return (time, delay, false)
          })
      } + [
        .init(
          name: "delay = T_esc", color: .grey, form: .dashes,
          points: ends.map { .init(x: $0, y: $0, title: "") })
      ])
  }

  private var normOverModulus: Figure {
    let experiment = modulusSweep
    func norm(
      _ name: String, _ color: Ink, _ value: (Observation) -> Double?
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
          name: "released, logged every 200", color: .grey, form: .points,
          points: [\Observation.squaredNormAtMemorization, \.finalSquaredNorm].flatMap { value in
            points(released?[.modulusSweep] ?? [], isOurs: false) { run in
              run[keyPath: value].map { (Double(run.size), $0, false) }
            }
          }),
        norm("V_mem", .color(0)) { $0.squaredNormAtMemorization },
        norm("V_post", .color(1)) { $0.finalSquaredNorm },
      ])
  }

  private var collapse: Figure {
    let all = runs[.spectrum].filter { !$0.spectra.isEmpty }
    let gap = SpectralGap(all)
    func curves(
      _ name: String, _ color: Ink, _ share: (Observation.Spectrum) -> Double?
    ) -> [Figure.Series] {
      all.map { run in
        Figure.Series(
          name: name, color: color, form: .line,
          points: run.spectra.compactMap { spectrum in
            guard let grokked = run.grokkingStep, let share = share(spectrum) else { return nil }
            return .init(x: Double(spectrum.step - grokked), y: share, title: "")
          },
          title: Self.describe(run), link: "#" + ClaimsReport.anchor(run.source))
      }
    }
    return Figure(
      title: "The spectrum collapses at grokking (S4)",
      caption:
        "R, the share of the logits’ power outside the bins that carry them, every 500 steps. K*: the bins that carry "
        + "the learned functions of all runs together. Outside each spectrum’s own strong bins R is small before "
        + "grokking, too.",
      xName: "steps from T_grok", yName: "R", xScale: .linear, yScale: .linear,
      series: curves("R outside K*", .color(0)) { gap?.share(outside: $0) }
        + curves("R outside its own bins above 1 % of the peak", .color(1), \.outsideShare),
      marks: all.isEmpty ? [] : [.init(x: 0, label: "T_grok", color: .color(6))],
      marksAreLabelledAbove: true)
  }

  private var gap: Figure {
    func series(
      _ evidence: Evidence?, _ experiment: Experiment, _ name: String, _ color: Ink, isOurs: Bool
    ) -> [Figure.Series] {
      let runs = evidence?[experiment] ?? []
      guard let gap = SpectralGap(runs), let low = gap.points.map(\.share).min(),
        let high = gap.points.map(\.share).max()
      else { return [] }
      let bySource = Dictionary(runs.map { ($0.source, $0) }) { first, _ in first }
      let points = gap.points.map { point in
        Figure.Point(
          x: point.share, y: point.gap,
          title: (bySource[point.source].map(Self.describe) ?? "") + ", step \(point.step)"
            + (isOurs ? "" : " (released)"),
          link: isOurs ? "#" + ClaimsReport.anchor(point.source) : nil)
      }
      let line = gap.line.map { line in
        Figure.Series(
          name:
            "\(name): slope \(Figures.rounded(line.slope)), R² \(Figures.rounded(line.rSquared))",
          color: color, form: .line,
          points: [low, high].map {
            .init(x: $0, y: line.intercept + line.slope * $0, title: "")
          })
      }
      return [.init(name: "", color: color, form: .points, points: points)]
        + (line.map { [$0] } ?? [])
    }
    return Figure(
      title: "The generalisation gap on R (S4, S7)",
      caption:
        "R outside K* of spectra before grokking, and the validation loss above its late mean.",
      xName: "R", yName: "gap in nats", xScale: .linear, yScale: .linear,
      series: series(released, .spectrum, "released, low resolution", .grey, isOurs: false)
        + series(runs, .spectrum, "low resolution", .color(0), isOurs: true)
        + series(runs, .spectrumInFull, "full resolution", .color(2), isOurs: true))
  }

  private var optimizers: Figure {
    let isOurs = !runs[.threeOptimizers].isEmpty
    let all = isOurs ? runs[.threeOptimizers] : released?[.threeOptimizers] ?? []
    let kinds: [(Observation.Optimizer, String, Ink)] = [
      (.adamW, "AdamW", .color(0)), (.sgd(decayFactor: 1), "SGD, w = λ", .color(2)),
      (.sgd(decayFactor: 2), "SGD, w = 2λ", .color(1)),
    ]
    return Figure(
      title: "SGD against AdamW (S8)",
      caption: "η = 1e-3, λ = 1. One global rate contracts the norm before anything is memorised."
        + (isOurs ? "" : " Released runs."),
      xName: "step", yName: "V", xScale: .steps, yScale: .logarithmic,
      series: kinds.flatMap { kind, name, color in
        all.filter { $0.optimizer == kind }.map { run in
          Figure.Series(
            name: name, color: color, form: .line,
            points: run.rows.map { .init(x: Double($0.step), y: $0.squaredNorm, title: "") },
            title: Self.describe(run),
            link: isOurs ? "#" + ClaimsReport.anchor(run.source) : nil)
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
      series: both(
        .multiplication, color: .color(1), name: "multiplication", shift: 5, delayOverSize)
        + [
          .init(
            name: "multiplication, addition’s model", color: .color(2), form: .points,
            points: points(runs[.multiplicationControl], isOurs: true, delayOverSize), shift: 14),
          .init(
            name: "addition", color: .color(0), form: .points,
            points: points(runs[.modulusSweep], isOurs: true, delayOverSize), shift: -14),
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
            name: "logged every 5", color: .color(2), form: .points,
            points: points(runs[.parityFine], isOurs: true, delayOverSize), shift: 12),
          .init(
            name: "1000 samples", color: .color(1), form: .points,
            points: points(runs[.parityScarce], isOurs: true, delayOverSize), shift: 20),
        ])
  }
}
