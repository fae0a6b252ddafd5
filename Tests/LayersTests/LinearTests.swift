import Checkpoints
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct LinearTests {
  static func reference(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?) -> Tensor {
    let (n, k) = (weight.shape[0], weight.shape[1])
    let (xs, ws, bs) = (x.doubles, weight.doubles, bias?.doubles)
    var out: [Double] = []
    for row in 0..<x.count / k {
      for column in 0..<n {
        out.append((0..<k).reduce(bs?[column] ?? 0) { $0 + xs[row * k + $1] * ws[column * k + $1] })
      }
    }
    return Tensor(doubles: out, shape: x.shape.dropLast() + [n])
  }

  @Test(arguments: [(1, 3, 5), (4, 33, 7), (2, 8, 65)], [false, true])
  func equalsReference(_ size: (rows: Int, inputs: Int, outputs: Int), _ hasBias: Bool) throws {
    var random = SeededGenerator(seed: 1)
    let x = random.tensor([2, size.rows, size.inputs])
    let (weight, bias) = (random.tensor([size.outputs, size.inputs]), random.tensor([size.outputs]))
    let weights = Weights(["weight": weight, "bias": bias], source: "test")
    let layer = try Linear(weights, size.inputs, size.outputs, bias: hasBias)
    expectClose(layer(x), Self.reference(x, weight, hasBias ? bias : nil), 1e-6)
  }

  @Test(arguments: [DType.float16, .bfloat16], [false, true])
  func storedTypes(_ dtype: DType, _ keepingType: Bool) throws {
    var random = SeededGenerator(seed: 2)
    let (x, weight) = (random.tensor([3, 20]), random.tensor([9, 20]).converted(to: dtype))
    let layer = try Linear(
      Weights(["weight": weight], source: "test"), 20, 9, bias: false, keepingType: keepingType)
    #expect(layer.weight.dtype == (keepingType ? dtype : .float32))
    expectClose(layer(x), Self.reference(x, weight, nil), 1e-6)
  }

  @Test func quantizedWeight() throws {
    var random = SeededGenerator(seed: 3)
    let weight = random.blocks(.q8_0, scales: 1, rows: 70, columns: 96)
    let layer = try Linear(
      Weights(["weight": weight], source: "test"), 96, 70, bias: false, keepingType: true)
    for rows in [1, 4] {
      let x = random.tensor([rows, 96])
      expectClose(layer(x), Self.reference(x, weight, nil), 2e-6)
    }
  }

  /// A 1×1 convolution's weight is a linear layer's.
  @Test func convolutionWeight() throws {
    var random = SeededGenerator(seed: 4)
    let (x, weight) = (random.tensor([3, 4]), random.tensor([5, 4]))
    let layer = try Linear(
      Weights(["weight": weight.reshaped([5, 4, 1, 1])], source: "test"), 4, 5, bias: false)
    expectClose(layer(x), Self.reference(x, weight, nil), 1e-6)
  }

  @Test func refusesOtherShapes() {
    let weights = Weights(["weight": .zeros([5, 4]), "bias": .zeros([4])], source: "test")
    #expect(throws: WeightsError.self) { try Linear(weights, 5, 4) }
    #expect(throws: WeightsError.self) { try Linear(weights, 4, 5) }
    #expect(throws: WeightsError.self) { try Linear(weights["absent"], 4, 5) }
  }
}
