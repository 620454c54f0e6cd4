import RunRecords

extension FileDifference {
  /// Compares record by record. Cells with the same number are equal, however it is written.
  init(cellsOf a: FileContent, _ b: FileContent, _ tolerance: Tolerance?) throws {
    func read(_ content: FileContent) throws -> CSVRecords? {
      guard content.size <= CSVRecords.largestSize else { return nil }
      let text = try content.bytes(0..<content.size)
      return String(validating: text, as: UTF8.self) == nil ? nil : CSVRecords(text)
    }
    if let x = try read(a), let y = try read(b) {
      self.init(form: .csv)
      if addRecords(x, y, tolerance) { return }
    }
    try self.init(bytesOf: a, b)
    fallback = "one of the two is no CSV that can be read, or larger than 16 MiB"
  }

  /// False if one of them is broken.
  private mutating func addRecords(
    _ x: CSVRecords, _ y: CSVRecords, _ tolerance: Tolerance?
  ) -> Bool {
    var (x, y) = (x, y)
    var names: [String] = []
    var columns: [FilePart] = []
    var record = 0
    while true {
      let (left, right) = (x.next(), y.next())
      if x.isBroken || y.isBroken { return false }
      guard let left, let right else {
        // The records that one has after the other's end.
        let rest = left != nil || right != nil ? 1 + x.countRest() + y.countRest() : 0
        if x.isBroken || y.isBroken { return false }
        if rest > 0 {
          let words = "records \(record + 1) to \(record + rest)"
          add(left != nil ? .onlyInA(words) : .onlyInB(words))
        }
        break
      }
      record += 1
      if record == 1 { names = Self.names(left, right) }
      while columns.count < min(left.count, right.count) {
        let name =
          columns.count < names.count ? names[columns.count] : String(columns.count + 1)
        names += columns.count == names.count ? [name] : []
        columns.append(FilePart(name: name, tolerance: tolerance))
      }
      if left.count != right.count {
        add(
          .unlike("record \(record)", a: "\(left.count) cells", b: "\(right.count) cells"))
      }
      for (index, (p, q)) in zip(left, right).enumerated() where !p.utf8.elementsEqual(q.utf8) {
        let cell = NumberCell(p, q)
        if cell.isSame { continue }
        let (record, name) = (record, names[index])
        columns[index].add(
          cell.distance, isClose: cell.isClose,
          item: { cell.item(at: .cell(record: record, column: name.excerpt)) })
      }
    }
    compared = columns.count
    for column in columns { add(column, count: record) }
    return true
  }

  /// The names in a header: the same in both, none of them a number, no two the same. Empty if
  /// there is no header; columns then have numbers.
  private static func names(_ a: [String], _ b: [String]) -> [String] {
    let isHeader =
      a == b && Set(a).count == a.count
      && a.allSatisfy { !$0.isEmpty && TraceTable.Values.number($0) == nil }
    return isHeader ? a : []
  }
}

extension CSVRecords {
  fileprivate mutating func countRest() -> Int {
    var count = 0
    while next() != nil { count += 1 }
    return count
  }
}
