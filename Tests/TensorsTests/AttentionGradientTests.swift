import Tensors
import TestSupport
import Testing

@Suite struct AttentionGradientTests {
  /// Against central differences of `attention`, for full, causal and grouped attention, with and without a past.
  @Test(arguments: [(2, 2, 5, 5, false), (4, 2, 3, 3, true), (4, 1, 2, 6, true), (2, 2, 4, 7, false)])
  func equalsDifferences(_ heads: Int, _ kvHeads: Int, _ queries: Int, _ keys: Int, _ causal: Bool) {
    var random = SeededGenerator(seed: 11)
    let size = 4
    let inputs = [
      random.tensor([2, queries, heads * size]), random.tensor([2, keys, kvHeads * size]),
      random.tensor([2, keys, kvHeads * size]),
    ]
    let seed = random.tensor([2, queries, heads * size])
    func loss(_ x: [Tensor]) -> Double {
      let y = attention(x[0], x[1], x[2], heads: heads, kvHeads: kvHeads, causal: causal)
      return zip(y.doubles, seed.doubles).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let parts = attentionGradient(
      inputs[0], inputs[1], inputs[2], seed, heads: heads, kvHeads: kvHeads, causal: causal)
    for (which, gradient) in [parts.q, parts.k, parts.v].enumerated() {
      let step: Float = 1e-2
      let differences = inputs[which].floats.indices.map { i in
        let ends = [step, -step].map { step in
          var values = inputs[which].floats
          values[i] += step
          var moved = inputs
          moved[which] = Tensor(values, shape: inputs[which].shape)
          return loss(moved)
        }
        return (ends[0] - ends[1]) / Double(2 * step)
      }
      expectClose(gradient, Tensor(doubles: differences, shape: inputs[which].shape), 1e-3, "input \(which)")
    }
  }
}
