import Foundation

/// The losses of a training as an SVG picture: each step's, smoothed, and those of the held-out captions.
struct LossCurve {
  private static let (width, height) = (720.0, 420.0)
  private static let (left, right, top, bottom) = (64.0, 20.0, 40.0, 48.0)

  private let steps: Int
  private let highest: Double
  private let state: AlignmentState

  init(_ state: AlignmentState) {
    self.state = state
    steps = max(1, state.step)
    let values = Self.smoothed(state.losses) + state.evaluations.map(\.loss)
    highest = max(1, min(values.max() ?? 1, 4)) * 1.05
  }

  var svg: String {
    let trained = Self.smoothed(state.losses).enumerated().map { point($0.offset + 1, $0.element) }
    let heldOut = state.evaluations.map { point($0.step, $0.loss) }
    let ticks = (0...5).map { Double($0) / 5 }
    let (x0, x1) = (Self.left, Self.width - Self.right)
    let rows = ticks.map { share in
      let y = self.y(share * highest)
      return "<path class=\"grid\" d=\"M\(number(x0)) \(number(y))H\(number(x1))\"/>"
        + label(number(share * highest), x0 - 8, y + 4, "end")
    }
    let columns = ticks.map { share in
      label("\(Int((share * Double(steps)).rounded()))", x0 + share * (x1 - x0), Self.height - 24, "middle")
    }
    let best = point(state.bestStep, state.evaluations.first { $0.step == state.bestStep }?.loss ?? 0)
      .split(separator: " ")
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(number(Self.width)) \(number(Self.height))">
      <style>
      text { font: 13px sans-serif; fill: #444 } .grid { stroke: #ddd } path, polyline { fill: none; stroke-width: 1 }
      .trained { stroke: #999; stroke-width: 1.5 } .held { stroke: #c2410c; stroke-width: 2 } .best { fill: #c2410c }
      </style>
      <rect width="100%" height="100%" fill="white"/>
      \((rows + columns).joined(separator: "\n"))
      <polyline class="trained" points="\(trained.joined(separator: ", "))"/>
      <polyline class="held" points="\(heldOut.joined(separator: ", "))"/>
      <circle class="best" cx="\(best[0])" cy="\(best[1])" r="4"/>
      \(label("Loss over steps (1: always answering the mean). Grey: trained on; red: held out; dot: kept", x0, 24, "start"))
      \(label("steps", (x0 + x1) / 2, Self.height - 6, "middle"))
      </svg>

      """
  }

  /// A running mean over the last fiftieth of the training.
  private static func smoothed(_ losses: [Float]) -> [Double] {
    let window = max(1, losses.count / 50)
    var sum = 0.0
    return losses.indices.map { i in
      sum += Double(losses[i]) - (i >= window ? Double(losses[i - window]) : 0)
      return sum / Double(min(i + 1, window))
    }
  }

  private func point(_ step: Int, _ loss: Double) -> String {
    let x = Self.left + (Self.width - Self.left - Self.right) * Double(step) / Double(steps)
    return "\(number(x)) \(number(y(loss)))"
  }

  private func y(_ loss: Double) -> Double {
    Self.top + (Self.height - Self.top - Self.bottom) * (1 - min(max(loss, 0), highest) / highest)
  }

  private func label(_ text: String, _ x: Double, _ y: Double, _ anchor: String) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" text-anchor=\"\(anchor)\">\(text)</text>"
  }

  private func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
  }
}
