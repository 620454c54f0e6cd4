internal import Files
internal import RunRecords

extension Harvest {
  mutating func takeMetrics(_ outputs: inout [WrittenOutput]) throws(ProgramError) -> WrittenOutput?
  {
    guard let metrics = spec.metrics else { return nil }
    var index: Int?
    for name in MetricsReader.names(of: metrics.file) where index == nil {
      index = outputs.firstIndex { $0.path == name }
    }
    guard let index else { return nil }
    let output = outputs[index]
    do throws(MetricsFault) {
      var reader = MetricsReader(
        form: .init(fileName: output.path), step: metrics.step, repetition: repetition)
      try read(output) { piece throws(MetricsFault) in try reader.append(piece) }
      try reader.finish(isWhole: isWhole)
      table = try reader.table()
      remarks += reader.remarks.map { "\(output.path): \($0)" }
    } catch {
      try refuse(output, error)
      return nil
    }
    outputs.remove(at: index)
    return output
  }

  mutating func takeOutcome(_ outputs: inout [WrittenOutput]) throws(ProgramError) -> WrittenOutput?
  {
    guard let name = spec.outcome, let index = outputs.firstIndex(where: { $0.path == name })
    else { return nil }
    let output = outputs[index]
    do throws(MetricsFault) {
      var bytes: [UInt8] = []
      guard output.size <= ProgramOutcome.largestSize else {
        throw MetricsFault(
          line: 0, reason: "it has more than \(ProgramOutcome.largestSize) bytes")
      }
      try read(output) { piece throws(MetricsFault) in bytes += piece }
      found = try FoundOutcome.read(bytes)
    } catch {
      try refuse(output, error)
      return nil
    }
    outputs.remove(at: index)
    return output
  }

  /// Calls `body` with the content. A file that cannot be read is a fault.
  private func read(
    _ output: WrittenOutput, _ body: (ArraySlice<UInt8>) throws(MetricsFault) -> Void
  ) throws(MetricsFault) {
    var fault: MetricsFault?
    do throws(FileError) {
      try FileTree.read(output.source) { piece in
        guard fault == nil else { return }
        do throws(MetricsFault) {
          try body(piece)
        } catch {
          fault = error
        }
      }
    } catch {
      fault = MetricsFault(line: 0, reason: "\(error)")
    }
    if let fault { throw fault }
  }

  private mutating func refuse(_ output: WrittenOutput, _ fault: MetricsFault) throws(ProgramError)
  {
    let name = output.place.name + "/" + output.path
    guard !isDeclared else {
      throw .written(file: name, line: fault.line, reason: fault.reason, kept: output.place.path)
    }
    remarks.append("\(name) is kept as a file, not as what its name says: \(fault)")
  }
}
