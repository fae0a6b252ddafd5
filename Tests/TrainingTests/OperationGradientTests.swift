import Checkpoints
import LanguageModels
import Layers
import Tensors
import TestSupport
import Testing

@testable import Training

/// Every operation against finite differences.
@Suite struct OperationGradientTests {
  private static func random(_ shapes: [Int]..., seed: UInt64 = 3) -> [Tensor] {
    var generator = SeededGenerator(seed: seed)
    return shapes.map { generator.tensor($0) }
  }

  @Test func linearLayers() throws {
    expectGradients(of: Self.random([2, 3, 5], [4, 5], [4])) { linear($0[0], $0[1], bias: $0[2]) }
    let frozen = Linear(weight: Self.random([4, 5])[0], bias: nil)
    expectGradients(of: Self.random([3, 5])) { frozen($0[0]) }
    // A weight in blocks, decoded on the way back too.
    var generator = SeededGenerator(seed: 5)
    let blocks = Linear(weight: generator.blocks(.q4_1, scales: 2, rows: 6, columns: 32), bias: nil)
    expectGradients(of: Self.random([3, 32])) { blocks($0[0]) }
  }

  @Test func rows() {
    expectGradients(of: Self.random([2, 3, 4], [4])) { $0[0].addingRow($0[1]) }
    expectGradients(of: Self.random([3, 2], [3, 2])) { $0[0] + $0[1] }
    expectGradients(of: Self.random([3, 2])) { $0[0].multipliedByRow([2, -3]) }
  }

  @Test func layouts() {
    expectGradients(of: Self.random([5, 3])) { $0[0][1..<3] }
    expectGradients(of: Self.random([2, 5])) { $0[0].lastDimension(1..<4) }
    expectGradients(of: Self.random([2, 3])) { $0[0].repeated(3) }
    expectGradients(of: Self.random([2, 3])) { $0[0].reshaped([3, 2]) }
    expectGradients(of: Self.random([2, 1, 3], [2, 2, 3])) { .concatenating($0[0], $0[1]) }
    expectGradients(of: Self.random([2, 3], [1, 3])) { .concatenating([$0[0], $0[1], $0[0]]) }
  }

  @Test func normalizations() throws {
    expectGradients(of: Self.random([3, 8], [8], [8])) { layerNorm($0[0], weight: $0[1], bias: $0[2]) }
    let weights = Weights(["weight": Self.random([8], seed: 9)[0]], source: "n")
    let norm = try RMSNorm(weights, channels: 8, epsilon: 1e-5)
    expectGradients(of: Self.random([3, 8])) { norm($0[0]) }
  }

  @Test(arguments: [Activation.silu, .gelu, .geluTanh, .quickGELU]) func activations(_ kind: Activation) {
    expectGradients(of: [3 * Self.random([4, 5])[0]], "\(kind)") { kind($0[0]) }
  }

  @Test func gates() {
    // No value so near 0 that a step crosses the corner.
    let x = Tensor([-2, -0.5, -0.1, 0.1, 0.5, 2], shape: [6])
    expectGradients(of: [x]) { Activation.relu($0[0]) }
    expectGradients(of: Self.random([3, 4], [3, 4])) { swiglu(gate: $0[0], up: $0[1]) }
  }

  @Test(arguments: [RotaryPairing.halves, .neighbours]) func rotation(_ pairing: RotaryPairing) {
    let angles = RotaryEmbedding.Angles(
      cosines: Tensor([1, 0.8, 0.6, 0], shape: [2, 2]), sines: Tensor([0, 0.6, -0.8, 1], shape: [2, 2]),
      pairing: pairing)
    expectGradients(of: Self.random([2, 8])) { angles($0[0], heads: 2) }
  }

  @Test func attentions() {
    expectGradients(of: Self.random([2, 3, 8], [2, 4, 8], [2, 4, 8])) {
      attention($0[0], $0[1], $0[2], heads: 2)
    }
    let past = Self.random([2, 4], [2, 4], [0, 4], [0, 4], seed: 8)
    let texts = [
      KeysAndValues(keys: past[0], values: past[1]), KeysAndValues(keys: past[2], values: past[3]),
    ]
    expectGradients(of: Self.random([5, 8], [5, 4], [5, 4])) {
      causalAttention($0[0], $0[1], $0[2], lengths: [3, 2], past: texts, heads: 4, kvHeads: 2)
    }
  }

  @Test(arguments: AlignmentLoss.allCases) func losses(_ loss: AlignmentLoss) {
    let target = Self.random([2, 3, 4], seed: 8)[0]
    expectGradients(of: Self.random([2, 3, 4]), "\(loss)") { loss($0[0], target, scale: 0.7) }
    let same = Variable(parameter: target)
    loss(same, target, scale: 1).backward()
    #expect(same.gradient?.floats.allSatisfy { $0 == 0 } == true)
  }

  @Test func lossesAreWhatTheyAreCalled() {
    let prediction = Variable(constant: Tensor([3, 4, 0, 0], shape: [1, 2, 2]))
    let target = Tensor.zeros([1, 2, 2])
    #expect(AlignmentLoss.mse(prediction, target, scale: 2).value.floats == [25 / 4 / 2])
    #expect(AlignmentLoss.l2(prediction, target, scale: 2).value.floats == [5 / 2 / 2])
  }
}
