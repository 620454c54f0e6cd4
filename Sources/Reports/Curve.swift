import Bundles

/// A curve for a page: in tenths of a pixel, without the points that make no visible difference.
struct Curve {
  typealias Place = (x: Int, y: Int)

  private(set) var places: [Place]

  /// Leaves out points that lie within a third of a pixel of the line drawn without them.
  init(_ points: [(x: Double, y: Double)]) {
    let all = points.map { Place(x: Self.tenths($0.x), y: Self.tenths($0.y)) }
    places = Self.simplified(Self.extremes(all), tolerance: 3)
  }

  /// The largest coordinate. The square of the product of two lengths up to this fits an Int.
  private static let furthest = 16_384

  private static func tenths(_ length: Double) -> Int {
    min(max(Int(nearest: length * 10), -furthest), furthest)
  }

  /// The path's data: one absolute point, then differences.
  var data: String {
    guard var last = places.first else { return "" }
    var data = "M\(Self.text(last.x)) \(Self.text(last.y))"
    // A round cap makes a dot of it.
    if places.count == 1 { return data + "h0" }
    for (index, place) in places.dropFirst().enumerated() {
      let (x, y) = (Self.text(place.x - last.x), Self.text(place.y - last.y))
      data += (index == 0 ? "l" : x.hasPrefix("-") ? "" : " ") + x
      data += (y.hasPrefix("-") ? "" : " ") + y
      last = place
    }
    return data
  }

  /// Tenths as a decimal number: "12.3", "-.5", "7".
  private static func text(_ tenths: Int) -> String {
    let (whole, rest) = tenths.magnitude.quotientAndRemainder(dividingBy: 10)
    let sign = tenths < 0 ? "-" : ""
    if rest == 0 { return sign + "\(whole)" }
    return sign + (whole == 0 ? "" : "\(whole)") + ".\(rest)"
  }

  /// Of the points within one pixel's column the first, the lowest, the highest and the last, in
  /// their order.
  private static func extremes(_ places: [Place]) -> [Place] {
    guard places.count > 400 else { return places }
    var kept: [Place] = []
    var start = 0
    while start < places.count {
      let column = places[start].x / 10
      let end = places[start...].firstIndex { $0.x / 10 != column } ?? places.count
      let range = start..<end
      let low = range.min { places[$0].y < places[$1].y } ?? start
      let high = range.max { places[$0].y < places[$1].y } ?? start
      for index in Set([start, low, high, end - 1]).sorted() { kept.append(places[index]) }
      start = end
    }
    return kept
  }

  /// Ramer's and Douglas and Peucker's simplification.
  private static func simplified(_ places: [Place], tolerance: Int) -> [Place] {
    guard places.count > 2 else { return places }
    var isKept = Array(repeating: false, count: places.count)
    isKept[0] = true
    isKept[places.count - 1] = true
    var open = [(0, places.count - 1)]
    while let (first, last) = open.popLast() {
      guard last > first + 1 else { continue }
      let (dx, dy) = (places[last].x - places[first].x, places[last].y - places[first].y)
      var (furthest, most) = (first, -1)
      for index in first + 1..<last {
        let (px, py) = (places[index].x - places[first].x, places[index].y - places[first].y)
        let cross = (dx * py - dy * px).magnitude
        let distance = dx == 0 && dy == 0 ? px * px + py * py : Int(cross)
        if distance > most { (furthest, most) = (index, distance) }
      }
      // Twice the triangle's area over its base is its height.
      let length = dx * dx + dy * dy
      let isNear =
        length == 0
        ? most <= tolerance * tolerance : most * most <= tolerance * tolerance * length
      if isNear { continue }
      isKept[furthest] = true
      open += [(first, furthest), (furthest, last)]
    }
    return zip(places, isKept).filter(\.1).map(\.0)
  }
}
