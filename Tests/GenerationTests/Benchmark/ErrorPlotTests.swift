import Testing

@testable import Generation

@Suite struct ErrorPlotTests {
  @Test func labelsKeepTheirDistance() {
    let wishes = [100.0, 101, 102, 300, 599, 600]
    let places = LogPlot.spread(wishes, spacing: 13, in: 40...600)
    for (a, b) in zip(places, places.dropFirst()) { #expect(b - a >= 13 - 1e-9) }
    #expect(places.allSatisfy { (40...600).contains($0) })
    #expect(places[3] == 300)
    // The order is that of the wishes, whatever the order of the lines.
    let shuffled = LogPlot.spread([600, 102, 300], spacing: 13, in: 40...600)
    #expect(shuffled[1] < shuffled[2] && shuffled[2] < shuffled[0])
  }

  @Test func aPlotNamesItsLines() {
    let plot = LogPlot(
      title: "a < b & c", xTitle: "evaluations", yTitle: "error", xTicks: [5, 50],
      lines: [
        .init(name: "ddim", points: [(5, 0.1), (50, 0.01)]), .init(name: "dpm++2m", points: [(5, 0.05)]),
      ])
    let svg = plot.svg
    for text in [
      "<svg", ">ddim</text>", ">dpm++2m</text>", "a &lt; b &amp; c", "prefers-color-scheme: dark", "</svg>",
    ] {
      #expect(svg.contains(text), "\(text)")
    }
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(svg.components(separatedBy: "<polyline").count == 3)
  }

  @Test func thereMayBeNothingToPlot() {
    let svg = LogPlot(title: "t", xTitle: "x", yTitle: "y", xTicks: [5], lines: []).svg
    #expect(svg.contains("no data") && svg.contains("</svg>"))
    let point = LogPlot(
      title: "t", xTitle: "x", yTitle: "y", xTicks: [5], lines: [.init(name: "a", points: [(5, 1)])])
    #expect(!point.svg.contains("nan"))
  }
}
