import RunRecords

/// Says what covers a difference. If a tolerance was declared for it, the tolerance alone decides.
/// Otherwise the record's own repeats cover it if they differ there, too.
struct DifferenceJudge {
  let policy: ComparePolicy
  private let measured: Repeats.Measured?
  private let onlyBits: Bool

  init(_ policy: ComparePolicy, _ repeats: Repeats, onlyBits: Bool) {
    self.policy = policy
    self.onlyBits = onlyBits
    switch repeats {
    case .notMeasured: measured = nil
    case .measured(let measured): self.measured = measured
    }
  }

  private func tolerance(_ rule: ComparePolicy.Rule) -> Tolerance? {
    switch rule {
    case .tolerance(let tolerance): onlyBits ? nil : tolerance
    case .bits, .ignore: nil
    }
  }

  func tolerance(file path: String) -> Tolerance? { tolerance(policy.rule(file: path)) }
}

// MARK: Columns

extension DifferenceJudge {
  func finding(
    of difference: ColumnDifference, _ rows: CommonRows, _ a: TraceTable.Values,
    _ b: TraceTable.Values
  ) -> ProgramFinding {
    func first(where isOpen: (ColumnDifference.Cell) -> Bool) -> ColumnDifference.Cell? {
      var found: ColumnDifference.Cell?
      rows.forEachDifference(a, b) { if found == nil && isOpen($0) { found = $0 } }
      return found
    }
    if let tolerance = tolerance(policy.rule(column: difference.name)) {
      let beyond = first { !tolerance.accepts($0) }
      return ProgramFinding(
        .column(difference, beyond: beyond),
        beyond == nil ? .tolerance(tolerance) : .beyondTolerance(tolerance))
    }
    guard let measured,
      let spread = measured.spread.columns[CanonicalJSON.Key(difference.name)] ?? nil,
      spread.first <= difference.first.step
    else { return ProgramFinding(.column(difference, beyond: difference.first), .nothing) }
    let use = Cover.SpreadUse(
      count: measured.count, distance: difference.largest.distance, largest: spread.largest)
    let beyond =
      measured.count >= Cover.repeatsThatDecide ? first { spread.largest < $0.distance } : nil
    return ProgramFinding(
      .column(difference, beyond: beyond), beyond == nil ? .repeats(use) : .beyondRepeats(use))
  }
}

// MARK: Outcome and files

extension DifferenceJudge {
  /// What covers a difference in a key that both have, or only one.
  func cover(of key: KeyDifference) -> Cover {
    if let tolerance = tolerance(policy.rule(outcome: key.key)) {
      let isClose =
        if let a = key.a?.doubleValue, let b = key.b?.doubleValue {
          tolerance.accepts(b, for: a)
        } else {
          false
        }
      return isClose ? .tolerance(tolerance) : .beyondTolerance(tolerance)
    }
    return cover(measured?.spread.outcome[CanonicalJSON.Key(key.key)] == .differs)
  }

  var coverOfEnding: Cover { cover(measured?.spread.ending == .differs) }

  /// What covers a file that only one run has.
  func coverOfFile(_ path: String, agreement: Repeats.FileAgreement) -> Cover {
    cover(measured?.spread.files[CanonicalJSON.Key(path)] == agreement)
  }

  /// - Parameter difference: Nil if the content of the file is not at hand.
  func coverOfFile(_ path: String, _ difference: FileDifference?) -> Cover {
    // For a file with numbers a tolerance decides alone. It says nothing about other files.
    if let tolerance = tolerance(file: path), let difference {
      switch difference.form {
      case .safetensors, .json, .csv:
        return difference.isCovered ? .tolerance(tolerance) : .beyondTolerance(tolerance)
      case .text, .bytes: break
      }
    }
    return cover(measured?.spread.files[CanonicalJSON.Key(path)] == .differs)
  }

  private func cover(_ itsRepeatsDiffered: Bool) -> Cover {
    guard let measured, itsRepeatsDiffered else { return .nothing }
    return .repeats(.init(count: measured.count))
  }
}
