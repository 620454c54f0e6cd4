internal import Files
internal import RunRecords

extension ProgramOutcome.Ending {
  init(_ end: ProcessEnd, _ demand: ChildProcess.Demand?) {
    self = .unknown
    switch end {
    case .exited(let status): self.status = Int(status)
    case .killed(let number): signal = SignalName.of(number)
    case .unknown: break
    }
    switch demand {
    case nil: break
    case .timeLimit: timedOut = true
    case .signal, .impatience, .outputLimit, .enough: interrupted = true
    }
  }
}
