public import Analysis
public import RunRecords

extension DelayForecast {
  public var textLines: [String] {
    let norm = run.squaredNormAtMemorization.map(Figures.rounded) ?? "?"
    let source = calibrationCount.map { Figures.count($0, "run") } ?? "the paper's published means"
    var lines = [
      "memorised at step \(memorizationStep), V = \(norm)",
      "calibrated on \(source): V_post = \(Figures.rounded(predictor.finalSquaredNorm)), "
        + "delay = \(Figures.rounded(predictor.delay))",
    ]
    var table = TextTable()
    table.add("", "delay", "groks at", "train until", actualDelay == nil ? "" : "error")
    for line in self.lines {
      guard let delay = line.delay else {
        table.add(line.form.description, "-", "-", "-")
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
      "calibrated_on": calibrationCount.map { CanonicalJSON($0) } ?? "published",
      "log_interval": CanonicalJSON(finite: run.config["log_interval"]?.number),
      "predictions": .array(forms),
    ]
  }

  private func step(_ value: Double) -> String { Figures.rounded(value.rounded()) }
}
