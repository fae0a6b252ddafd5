import Testing

@testable import Alignment

@Suite struct LossCurveTests {
  @Test func showsEveryStepAndEvaluation() {
    var state = AlignmentState(parameters: [:])
    (state.step, state.bestStep, state.losses) = (4, 4, [1, 0.75, 0.5, 0.25])
    state.evaluations = [.init(step: 0, loss: 1.5), .init(step: 4, loss: 0.5)]
    let svg = LossCurve(state).svg
    let lines = svg.split(separator: "\n").filter { $0.contains("<polyline") }
    #expect(lines.map { $0.split(separator: ",").count } == [4, 2])
    #expect(svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.hasSuffix("</svg>\n"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    // The best step is the last point of the second line.
    let last = lines[1].split(separator: "\"").last { $0.contains(",") }?.split(separator: ", ").last ?? ""
    let point = last.split(separator: " ")
    #expect(svg.contains("cx=\"\(point[0])\" cy=\"\(point[1])\""))
  }

  @Test func nothingLearnedIsAPictureToo() {
    #expect(LossCurve(AlignmentState(parameters: [:])).svg.hasSuffix("</svg>\n"))
  }
}
