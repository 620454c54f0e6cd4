import Comparison
import RunRecords

/// A program's run that strangers send, and the files of two runs that are compared.
extension FuzzTarget {
  /// A table that is read gives back the same text.
  static func table(_ input: [UInt8]) {
    attemptRecord { () throws(RecordError) in
      let table = try TraceTable(canonical: input)
      precondition(table.canonicalText == input, "another table")
      precondition(TableDifference(table, table).isEqual, "a table that is not itself")
    }
  }

  /// The same for each record; an input is one of them at most.
  static func program(_ input: [UInt8]) {
    attemptRecord { () throws(RecordError) in
      let bytes = try ProgramSpec(bytes: input).bytes
      precondition(bytes == input, "another program.json")
    }
    attemptRecord { () throws(RecordError) in
      let bytes = try ProgramOutcome(bytes: input).bytes
      precondition(bytes == input, "another outcome.json")
    }
    attemptRecord { () throws(RecordError) in
      let bytes = try Repeats(bytes: input).bytes
      precondition(bytes == input, "another repeats.json")
    }
    attemptRecord { () throws(RecordError) in
      let bytes = try InputList(bytes: input).bytes
      precondition(bytes == input, "another list of inputs")
    }
  }

  /// Two halves, as files of the kind that the first byte gives; a file equals itself.
  static func files(_ input: [UInt8]) {
    guard let first = input.first else { return }
    let path = "x" + ["", ".json", ".csv", ".safetensors"][Int(first) % 4]
    let (a, b) = (input[1..<(input.count + 1) / 2], input[((input.count + 1) / 2)...])
    attemptAny {
      let tolerance = Tolerance(absolute: 1, relative: 0.5)
      let difference = try FileDifference(
        path: path, FileContent(Array(a)), FileContent(Array(b)), tolerance: tolerance)
      precondition(!(a == b) || difference.hasSameValues, "a file that is not itself")
      precondition(
        (try? CanonicalJSON(canonical: difference.json.utf8)) == difference.json, "no JSON")
    }
  }
}
