public import Analysis
public import RunRecords

extension DelayForecast {
  public var textLines: [String] {
    let norm = run.squaredNormAtMemorization.map(Figures.rounded) ?? "?"
    let source = calibrationCount.map { Figures.count($0, "run") } ?? "the paper's published means"
    let values: [(String, Double?)] = [
      ("V_post", predictor.finalSquaredNorm), ("delay", predictor.delay),
      ("V*", predictor.squaredNormAtGrokking), ("κ", predictor.kappa),
    ]
    let known = values.compactMap { name, value in
      value.map { "\(name) = \(Figures.rounded($0))" }
    }
    var lines = [
      "memorised at step \(memorizationStep), V = \(norm)",
      "calibrated on \(source): \(known.joined(separator: ", "))",
    ]
    var table = TextTable()
    table.add("", "delay", "groks at", "train until", actualDelay == nil ? "" : "error")
    for line in self.lines {
      guard let delay = line.delay else {
        table.add(line.form.description, "-", "-", "-", "", obstacle(to: line.form))
        continue
      }
      let error = actualDelay.flatMap { $0 > 0 ? 100 * (delay - $0) / $0 : nil }
      table.add(
        line.form.description, step(delay), step(delay + Double(memorizationStep)),
        step(DelayPredictor.safetyFactor * delay + Double(memorizationStep)),
        error.map { ($0 >= 0 ? "+" : "") + Figures.rounded($0.rounded()) + " %" } ?? "")
    }
    lines += table.lines
    lines.append(
      run.grokkingStep.map { "grokked at step \($0)" } ?? "has not grokked in what is logged")
    return lines
  }

  /// Why a form gives no value, in a few words.
  private func obstacle(to form: DelayPredictor.Form) -> String {
    let noDecay = "there is no weight decay"
    guard let memorized = run.squaredNormAtMemorization, memorized > 0 else {
      return "V at T_mem is not above 0"
    }
    switch form {
    case .algorithm(.fitted) where run.earlyGamma == nil:
      let after = run.rows.count { $0.step >= memorizationStep }
      return after < 2 ? "no row after T_mem yet" : "V does not fall after T_mem"
    case .algorithm(let gamma) where gamma != .fitted && !((run.gamma(gamma) ?? 0) > 0):
      return noDecay
    case .algorithm: return "V_mem is not well above V_post"
    case .meanDelay: return "no delay is known"
    case .firstPassage:
      guard let threshold = predictor.squaredNormAtGrokking else {
        return calibrationCount == nil ? "V* is not in the paper's tables" : "V* is not known"
      }
      if memorized <= threshold { return "V_mem is not above V*" }
      return predictor.kappa == nil ? "κ is not above 0 in the calibration runs" : noDecay
    }
  }

  /// One line for a run that goes on.
  public var line: String {
    let due = lines.compactMap { line in
      line.delay.map { "\(step($0 + Double(memorizationStep))) (\(line.form))" }
    }
    return "memorised at step \(memorizationStep); grokking is due about step "
      + due.joined(separator: ", ")
  }

  public var json: CanonicalJSON {
    let forms = lines.map { line -> CanonicalJSON in
      [
        "form": .string(line.form.description),
        "delay": CanonicalJSON(finite: line.delay),
      ]
    }
    return [
      "t_mem": CanonicalJSON(memorizationStep),
      "t_grok": run.grokkingStep.map { CanonicalJSON($0) } ?? .null,
      "v_post": CanonicalJSON(finite: predictor.finalSquaredNorm),
      "v_star": CanonicalJSON(finite: predictor.squaredNormAtGrokking),
      "kappa": CanonicalJSON(finite: predictor.kappa),
      "calibrated_on": calibrationCount.map { CanonicalJSON($0) } ?? "published",
      "log_interval": CanonicalJSON(finite: run.config["log_interval"]?.number),
      "predictions": .array(forms),
    ]
  }

  private func step(_ value: Double) -> String { Figures.rounded(value.rounded()) }
}
