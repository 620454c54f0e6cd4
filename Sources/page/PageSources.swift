/// What stands in every page: the files beside this one, as they are.
///
/// `picture.css` is what a picture needs, `chart.css` what stands around it, `chart.js` what makes
/// it answer.
package enum PageSources {
  package static let pictureStyle = text(PackageResources.picture_css)
  package static let chartStyle = text(PackageResources.chart_css)
  package static let chart = text(PackageResources.chart_js)

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
