import Foundation

extension BenchmarkResults {
  /// A drawing of the error against the evaluations, both on logarithmic axes: one line for each sampler, named at its
  /// end. SVG that opens by itself, on light and dark ground.
  public var plot: String {
    let lines = samplers.compactMap { name -> LogPlot.Line? in
      let points = rows.filter { $0.sampler == name }.compactMap { row in
        row.error.map { (x: row.evaluations, y: $0) }
      }.filter { $0.x > 0 && $0.y > 0 }
      return points.isEmpty ? nil : LogPlot.Line(name: name, points: points)
    }
    return LogPlot(
      title: "Error of the latents by evaluations of the network: \(model), guidance \(guidanceScale)",
      xTitle: "evaluations", yTitle: "relative root mean square error", xTicks: budgets.map(Double.init),
      lines: lines
    ).svg
  }
}

/// Lines on two logarithmic axes, as SVG.
struct LogPlot {
  struct Line {
    let name: String
    let points: [(x: Double, y: Double)]
  }

  let title: String
  let xTitle: String
  let yTitle: String
  let xTicks: [Double]
  let lines: [Line]

  private static let (width, labelWidth, spacing) = (960.0, 150.0, 13.0)
  private static let (left, top, bottom) = (64.0, 44.0, 48.0)
  /// Told apart on white and on black.
  private static let colors = [
    "#e6553a", "#2f86d6", "#2e9e57", "#b35bd1", "#c98a12", "#1aa3a8", "#d6478f", "#7a8c1f", "#7b6fe0",
    "#a0714f",
  ]
  private static let dashes = ["", "6 3", "2 3", "9 3 2 3"]

  var svg: String {
    let height = max(600, Self.top + Self.bottom + Double(lines.count) * Self.spacing)
    let (right, base) = (Self.width - Self.labelWidth, height - Self.bottom)
    let points = lines.flatMap(\.points)
    let (xs, ys) = (points.map(\.x) + xTicks, points.map(\.y))
    guard let lowX = xs.min(), let highX = xs.max(), let lowY = ys.min(), let highY = ys.max() else {
      return Self.document(height: 80, "<text x=\"20\" y=\"40\">\(Self.escaped(title)): no data</text>")
    }
    let decades = (log10(lowY).rounded(.down), max(log10(highY).rounded(.up), log10(lowY).rounded(.down) + 1))
    func x(_ value: Double) -> Double {
      highX > lowX
        ? Self.left + log(value / lowX) / log(highX / lowX) * (right - Self.left) : (Self.left + right) / 2
    }
    func y(_ value: Double) -> Double {
      base - (log10(value) - decades.0) / (decades.1 - decades.0) * (base - Self.top)
    }
    var body = "<text class=\"title\" x=\"\(Self.left)\" y=\"24\">\(Self.escaped(title))</text>\n"
    for tick in xTicks {
      body += Self.line("grid", (x(tick), Self.top), (x(tick), base))
      body +=
        "<text text-anchor=\"middle\" x=\"\(Self.number(x(tick)))\" y=\"\(base + 18)\">\(tick.formatted())</text>\n"
    }
    for decade in stride(from: decades.0, through: decades.1, by: 1) {
      let place = y(pow(10, decade))
      body += Self.line("grid", (Self.left, place), (right, place))
      body +=
        "<text text-anchor=\"end\" x=\"\(Self.left - 8)\" y=\"\(Self.number(place + 4))\">10"
        + "<tspan dy=\"-5\" font-size=\"9\">\(Int(decade))</tspan></text>\n"
    }
    body +=
      "<text text-anchor=\"middle\" x=\"\((Self.left + right) / 2)\" y=\"\(height - 10)\">\(Self.escaped(xTitle))</text>\n"
    body +=
      "<text text-anchor=\"middle\" transform=\"translate(16 \((Self.top + base) / 2)) rotate(-90)\">"
      + "\(Self.escaped(yTitle))</text>\n"
    let ends = lines.map { y($0.points[$0.points.count - 1].y) }
    let places = Self.spread(ends, spacing: Self.spacing, in: Self.top...base)
    for (index, line) in lines.enumerated() {
      let color = Self.colors[index % Self.colors.count]
      let dash = Self.dashes[index / Self.colors.count % Self.dashes.count]
      let style = "stroke=\"\(color)\"" + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
      let path = line.points.map { "\(Self.number(x($0.x))),\(Self.number(y($0.y)))" }
      body += "<polyline class=\"line\" \(style) points=\"\(path.joined(separator: " "))\"/>\n"
      for point in line.points {
        body +=
          "<circle r=\"2.5\" fill=\"\(color)\" cx=\"\(Self.number(x(point.x)))\" cy=\"\(Self.number(y(point.y)))\"/>\n"
      }
      let end = (x(line.points[line.points.count - 1].x), ends[index])
      body += "<line class=\"leader\" \(style) \(Self.ends(end, (right + 22, places[index])))/>\n"
      body +=
        "<text class=\"label\" x=\"\(right + 26)\" y=\"\(Self.number(places[index] + 4))\">\(Self.escaped(line.name))</text>\n"
    }
    return Self.document(height: height, body)
  }

  /// Places as near to the wished ones as keeps neighbours `spacing` apart and all within the range, if there is room.
  static func spread(_ wishes: [Double], spacing: Double, in range: ClosedRange<Double>) -> [Double] {
    let order = wishes.indices.sorted { wishes[$0] < wishes[$1] }
    var places = wishes
    var lowest = range.lowerBound
    for index in order {
      places[index] = max(wishes[index], lowest)
      lowest = places[index] + spacing
    }
    var highest = range.upperBound
    for index in order.reversed() {
      places[index] = min(places[index], highest)
      highest = places[index] - spacing
    }
    return places
  }

  private static func document(height: Double, _ body: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" \
    height="\(Int(height))" font-family="sans-serif" font-size="12">
    <style>
    :root { color-scheme: light dark; }
    .ground { fill: #ffffff; }
    text { fill: #333333; }
    .title { font-size: 14px; font-weight: bold; }
    .label { font-size: 11px; }
    .grid { stroke: #dddddd; stroke-width: 1; }
    .line { fill: none; stroke-width: 1.6; }
    .leader { stroke-width: 0.7; opacity: 0.6; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #16181c; }
      text { fill: #d8dade; }
      .grid { stroke: #34383f; }
    }
    </style>
    <rect class="ground" width="100%" height="100%"/>
    \(body)</svg>

    """
  }

  private static func line(_ style: String, _ start: (Double, Double), _ end: (Double, Double)) -> String {
    "<line class=\"\(style)\" \(ends(start, end))/>\n"
  }

  private static func ends(_ start: (Double, Double), _ end: (Double, Double)) -> String {
    "x1=\"\(number(start.0))\" y1=\"\(number(start.1))\" x2=\"\(number(end.0))\" y2=\"\(number(end.1))\""
  }

  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
