import Archive
import Bundles
import Digests
import PageSources

/// The page of a report. Everything is in one file, and it has no address that a browser would load
/// by itself. Its one script makes the charts interactive; without it they are pictures.
enum Page {
  /// The text before the title is the same in every version. It identifies a page of regrok.
  static func html(title: String, body: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="generator" content="regrok">
    <title>\(HTML.escaped(title))</title>
    <meta http-equiv="Content-Security-Policy" content="\(policy)">
    <style>\(style)</style>
    <main>
    \(body)</main>
    <script>\(PageSources.chart)</script>
    </html>

    """
  }

  /// Allows the page's own style and script, and nothing else. Data in JSON is not executed, so it
  /// needs no permission.
  static let policy =
    "default-src 'none'; script-src '\(source(PageSources.chart))'; "
    + "style-src '\(source(style))'; img-src data:; base-uri 'none'; form-action 'none'"

  /// The name that a content security policy has for an inline text.
  private static func source(_ text: String) -> String {
    "sha256-" + Base64.encoded(Digest(of: Array(text.utf8)).bytes)
  }

  /// A table; the cells are HTML.
  static func table(_ header: [String], _ rows: [[String]], class name: String = "") -> String {
    let head = header.isEmpty ? "" : "<tr>" + header.map { "<th>" + $0 }.joined() + "\n"
    let body = rows.map { "<tr>" + $0.map { "<td>" + $0 }.joined() + "\n" }.joined()
    let kind = name.isEmpty ? "" : " class=\"\(name)\""
    return "<div class=\"wide\"><table\(kind)>\n\(head)\(body)</table></div>\n"
  }

  static func figures(_ figures: [Figure]) -> String {
    let figures = figures.filter { !$0.isEmpty }
    let share = mostValues / max(figures.count, 1)
    return
      "<div class=\"figures\">\n\(figures.map { $0.html(mostValues: share) }.joined())</div>\n"
  }

  /// The most curve values on a page, half a megabyte. Of longer curves, only every n-th row is
  /// kept.
  private static let mostValues = 49_152

  private static let style =
    PageSources.pictureStyle + PageSources.chartStyle + """
      body{margin:0;overflow-wrap:break-word;background:var(--page);color:var(--text);\
      font:16px/1.5 system-ui,sans-serif}
      main{max-width:76rem;margin:0 auto;padding:1rem}
      h1{font-size:1.6rem;line-height:1.2;overflow-wrap:anywhere}
      h2{margin-top:2.5rem}
      h3{font-size:1.05rem;line-height:1.3;margin:1.4rem 0 .4rem}
      a{color:inherit}
      .wide,pre{overflow-x:auto}
      table{border-collapse:collapse;font-size:.875rem}
      td,th{padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);text-align:left;\
      vertical-align:top}
      th{color:var(--faint);font-weight:500}
      tr:target,section:target h3{background:var(--mark)}
      code{font-size:.8em;overflow-wrap:anywhere}
      .overview{font-size:1rem}
      .overview td:last-child{white-space:nowrap}
      .overview td:nth-child(2){overflow-wrap:anywhere}
      .overview td:first-child{text-align:right;font-variant-numeric:tabular-nums}
      .badge{white-space:nowrap;font-size:.8rem;font-weight:600;padding:.1rem .55rem;\
      border-radius:1rem;border:1px solid currentColor}
      .yes{color:var(--s2)}.part{color:var(--s4)}.maybe{color:var(--s5)}.no{color:var(--s1)}.open{\
      color:var(--faint)}
      .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));\
      gap:1.5rem 2rem}
      .sources,.note{font-size:.875rem;color:var(--faint);margin:.3rem 0;max-width:60rem}
      .sources{font-family:monospace}
      .source{font-size:.875rem;margin:.6rem 0}
      .source:target{background:var(--mark)}
      .runs td,.runs th,.difference td,.difference th,.claim td,.claim th{white-space:nowrap}
      .claim td:first-child,.claim td:nth-last-child(-n+2){white-space:normal}
      .claim td:first-child{min-width:14rem}.claim td:nth-last-child(-n+2){min-width:9rem}
      .difference{margin:.8rem 0}
      @media(max-width:40rem){svg text{font-size:21px}.overview{font-size:.9rem}.overview .badge{\
      font-size:.68rem;padding:.1rem .35rem}.overview td{padding-right:.4rem}h1{font-size:1.35rem}}
      @media print{body{font-size:10pt}main{max-width:none;padding:0}.figures{\
      grid-template-columns:1fr 1fr}.wide{overflow:visible}
      table{font-size:7.5pt}.overview{font-size:9pt}tr,section h3{break-inside:avoid}h2,h3{\
      break-after:avoid}details{display:none}
      svg text{font-size:17px}:root{color-scheme:light}}

      """
}
