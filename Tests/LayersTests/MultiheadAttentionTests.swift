import Checkpoints
import Foundation
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct MultiheadAttentionTests {
  /// Rows of x times a weight's rows, plus a bias, in double precision.
  func project(_ x: [[Double]], _ weight: [Double], _ bias: [Double]) -> [[Double]] {
    x.map { row in
      bias.indices.map { o in row.indices.reduce(bias[o]) { $0 + row[$1] * weight[o * row.count + $1] } }
    }
  }

  func reference(_ x: [[Double]], _ context: [[Double]], heads: Int, _ tensors: [String: Tensor])
    -> [[Double]]
  {
    let channels = x[0].count
    let (weight, bias) = (tensors["in_proj_weight"]!.doubles, tensors["in_proj_bias"]!.doubles)
    func part(_ i: Int, of input: [[Double]]) -> [[Double]] {
      project(
        input, Array(weight[i * channels * channels..<(i + 1) * channels * channels]),
        Array(bias[i * channels..<(i + 1) * channels]))
    }
    let (q, k, v) = (part(0, of: x), part(1, of: context), part(2, of: context))
    let size = channels / heads
    let mixed = q.map { row in
      (0..<heads).flatMap { head -> [Double] in
        let columns = head * size..<(head + 1) * size
        let weights = k.map { key in
          exp(columns.reduce(0) { $0 + row[$1] * key[$1] } / Double(size).squareRoot())
        }
        let total = weights.reduce(0, +)
        return columns.map { column in zip(weights, v).reduce(0) { $0 + $1.0 / total * $1.1[column] } }
      }
    }
    return project(mixed, tensors["out_proj.weight"]!.doubles, tensors["out_proj.bias"]!.doubles)
  }

  @Test(arguments: [(1, 5, nil), (2, 3, 7), (3, 9, 1)]) func equalsReference(
    _ heads: Int, _ tokens: Int, _ contextTokens: Int?
  ) throws {
    var random = SeededGenerator(seed: 1)
    let channels = heads * 4
    let tensors = [
      "in_proj_weight": random.tensor([3 * channels, channels]),
      "in_proj_bias": random.tensor([3 * channels]),
      "out_proj.weight": random.tensor([channels, channels]), "out_proj.bias": random.tensor([channels]),
    ]
    let layer = try MultiheadAttention(Weights(tensors, source: "test"), channels: channels, heads: heads)
    let x = random.tensor([2, tokens, channels])
    let context = contextTokens.map { random.tensor([2, $0, channels]) }
    func rows(_ x: Tensor, _ image: Int) -> [[Double]] { (0..<x.shape[1]).map { x[image][$0].doubles } }
    let expected = (0..<2).flatMap { image in
      reference(rows(x, image), rows(context ?? x, image), heads: heads, tensors).flatMap(\.self)
    }
    expectClose(layer(x, context: context), Tensor(doubles: expected, shape: x.shape), 2e-6)
  }
}
