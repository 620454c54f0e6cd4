import Bundles

/// A page of a report: everything in one file, no script, no address that a browser would open by itself.
enum Page {
  static func html(title: String, body: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline'">
    <title>\(HTML.escaped(title))</title>
    <style>
    \(style)</style>
    <main>
    \(body)</main>
    </html>

    """
  }

  /// A table; the cells are HTML.
  static func table(_ header: [String], _ rows: [[String]], class name: String = "") -> String {
    let head = header.isEmpty ? "" : "<tr>" + header.map { "<th>" + $0 }.joined() + "\n"
    let body = rows.map { "<tr>" + $0.map { "<td>" + $0 }.joined() + "\n" }.joined()
    let kind = name.isEmpty ? "" : " class=\"\(name)\""
    return "<div class=\"wide\"><table\(kind)>\n\(head)\(body)</table></div>\n"
  }

  static func figures(_ figures: [Figure]) -> String {
    "<div class=\"figures\">\n\(figures.filter { !$0.isEmpty }.map(\.html).joined())</div>\n"
  }

  /// The colours after Okabe and Ito, which the colour-blind tell apart; the ramp from blue to red. Lighter on a dark page;
  /// paper is white.
  static let colors = """
    :root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--faint:#5c6670;--line:#d8dce2;--mark:#fff3d6;
    --s0:#0072b2;--s1:#c24e00;--s2:#00805d;--s3:#a8517f;--s4:#8f6400;--s5:#3f7fa8;--s6:#444c56;--grey:#9aa0a8;
    --r0:#3b4cc0;--r1:#2f74c9;--r2:#1d91a8;--r3:#159a72;--r4:#4f9a2b;--r5:#8a9014;--r6:#b58010;--r7:#cf6a17;--r8:#d1492a;--r9:#8e1a78}
    @media screen and (prefers-color-scheme:dark){:root{--page:#14171b;--text:#e6e8eb;--faint:#9aa3ad;--line:#333a43;--mark:#3a3220;
    --s0:#5ab4ea;--s1:#ff8a3c;--s2:#2ec79b;--s3:#e59cc4;--s4:#f0b429;--s5:#9ad4f2;--s6:#c9d1d9;--grey:#6b737c;
    --r0:#7f8ff5;--r1:#6aa8f2;--r2:#52c4d8;--r3:#4fd0a4;--r4:#8fd162;--r5:#c5cc4a;--r6:#eebf48;--r7:#ffa35a;--r8:#ff8068;--r9:#f07ad0}}

    """

  /// What a picture needs beside the colours.
  static let pictureStyle =
    """
    svg text{fill:var(--faint);font-size:15px}
    .grid{stroke:var(--line);fill:none}
    .line,.dashes{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
    .dashes{stroke-dasharray:5 5}
    .crowd .line,.crowd .dashes{stroke-width:1;stroke-opacity:.75}
    .bar{stroke:currentColor;stroke-width:3.5}
    .mark{fill:none;stroke:currentColor;stroke-width:1.5;stroke-dasharray:2 4}
    svg text[class]{fill:currentColor}
    .dot{fill:currentColor;fill-opacity:.7}
    .hollow{fill:var(--page);stroke:currentColor;stroke-width:1.6}
    .grey{color:var(--grey)}

    """ + (0..<Ink.colors).map { ".s\($0){color:var(--s\($0))}" }.joined()
    + (0..<10).map { ".r\($0){color:var(--r\($0))}" }.joined() + "\n"

  private static let style =
    colors + pictureStyle + """
      body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
      main{max-width:76rem;margin:0 auto;padding:1rem}
      h1{font-size:1.6rem;line-height:1.2;overflow-wrap:anywhere}
      h2{margin-top:2.5rem}
      h3{font-size:1.05rem;line-height:1.3;margin:1.4rem 0 .4rem}
      a{color:inherit}
      .wide{overflow-x:auto}
      table{border-collapse:collapse;font-size:.875rem}
      td,th{padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
      th{color:var(--faint);font-weight:500}
      tr:target,section:target h3{background:var(--mark)}
      code{font-size:.8em;overflow-wrap:anywhere}
      .overview{font-size:1rem}
      .overview td:last-child{white-space:nowrap}
      .overview td:nth-child(2){overflow-wrap:anywhere}
      .overview td:first-child{text-align:right;font-variant-numeric:tabular-nums}
      .badge{white-space:nowrap;font-size:.8rem;font-weight:600;padding:.1rem .55rem;border-radius:1rem;border:1px solid currentColor}
      .yes{color:var(--s2)}.part{color:var(--s4)}.maybe{color:var(--s5)}.no{color:var(--s1)}.open{color:var(--faint)}
      .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,28rem),1fr));gap:1.5rem 2rem}
      figure{margin:0;break-inside:avoid}
      svg{width:100%;height:auto;display:block}
      svg a:hover .line,svg a:hover .dashes{stroke-width:5;stroke-opacity:1}
      svg a:hover .dot{fill-opacity:1;stroke:var(--text)}
      figcaption,.keys,.sources,.note{font-size:.875rem;color:var(--faint);margin:.3rem 0;max-width:60rem}
      .sources{font-family:monospace}
      .source{font-size:.875rem;margin:.6rem 0}
      .source:target{background:var(--mark)}
      .runs td,.runs th,.difference td,.difference th,.claim td,.claim th{white-space:nowrap}
      .claim td:first-child{white-space:normal;min-width:10rem}
      .difference{margin:.8rem 0}
      .key{display:inline-block;margin-right:.9rem}
      .key i{display:inline-block;width:.7rem;height:.7rem;border-radius:1rem;background:currentColor;margin-right:.3rem}
      .key i.line,.key i.dashes{width:1.2rem;height:0;border-radius:0;background:none;border-top:3px solid;vertical-align:middle}
      .key i.bars{height:.25rem;border-radius:0;vertical-align:middle}
      .key i.dashes{border-top-style:dashed}
      @media(max-width:40rem){svg text{font-size:21px}.overview{font-size:.9rem}.overview .badge{font-size:.68rem;padding:.1rem .35rem}.overview td{padding-right:.4rem}h1{font-size:1.35rem}}
      @media print{body{font-size:10pt}main{max-width:none;padding:0}.figures{grid-template-columns:1fr 1fr}.wide{overflow:visible}
      table{font-size:7.5pt}.overview{font-size:9pt}tr,section h3{break-inside:avoid}h2,h3{break-after:avoid}details{display:none}
      svg text{font-size:17px}:root{color-scheme:light}}

      """
}
