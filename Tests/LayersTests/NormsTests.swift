import Checkpoints
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct NormsTests {
  let x: Tensor
  let weights: Weights
  let (scale, shift): ([Double], [Double])

  init() {
    var random = SeededGenerator(seed: 1)
    x = random.tensor([2, 3, 5, 6], in: -2...4)
    let (weight, bias) = (random.tensor([6]), random.tensor([6]))
    weights = Weights(["weight": weight, "bias": bias], source: "test")
    (scale, shift) = (weight.doubles, bias.doubles)
  }

  /// x with each set of places normalized, scaled by the channel's weight and shifted by its bias.
  func expected(_ set: (Int) -> Int, epsilon: Double, centred: Bool = true, shifted: Bool = true) -> [Double]
  {
    let values = x.doubles
    var out = values
    for places in Dictionary(grouping: values.indices, by: set).values {
      let count = Double(places.count)
      let mean = centred ? places.reduce(0) { $0 + values[$1] } / count : 0
      let variance = places.reduce(0) { $0 + (values[$1] - mean) * (values[$1] - mean) } / count
      for i in places {
        out[i] =
          (values[i] - mean) / (variance + epsilon).squareRoot() * scale[i % 6] + (shifted ? shift[i % 6] : 0)
      }
    }
    return out
  }

  @Test func groupNorm() throws {
    for groups in [1, 2, 3, 6] {
      let layer = try GroupNorm(weights, groups: groups, channels: 6, epsilon: 1e-6)
      let values = expected({ $0 / 90 * 6 + $0 % 6 / (6 / groups) }, epsilon: 1e-6)
      expectClose(layer(x), Tensor(doubles: values, shape: x.shape), 1e-6)
      expectClose(
        layer(x, silu: true), Tensor(doubles: values.map { $0 / (1 + exp(-$0)) }, shape: x.shape), 1e-6)
    }
  }

  @Test func layerNorm() throws {
    for hasBias in [false, true] {
      let layer = try LayerNorm(weights, channels: 6, bias: hasBias)
      expectClose(
        layer(x), Tensor(doubles: expected({ $0 / 6 }, epsilon: 1e-5, shifted: hasBias), shape: x.shape), 1e-6
      )
    }
  }

  @Test func rmsNorm() throws {
    let layer = try RMSNorm(weights, channels: 6, epsilon: 0.1)
    let values = expected({ $0 / 6 }, epsilon: 0.1, centred: false, shifted: false)
    expectClose(layer(x), Tensor(doubles: values, shape: x.shape), 1e-6)
  }

  @Test func refuseOtherShapes() {
    #expect(throws: WeightsError.self) { try GroupNorm(weights, groups: 1, channels: 5, epsilon: 1e-5) }
    #expect(throws: WeightsError.self) { try LayerNorm(weights["absent"], channels: 6) }
    #expect(throws: WeightsError.self) { try RMSNorm(weights, channels: 7, epsilon: 1e-5) }
  }
}
