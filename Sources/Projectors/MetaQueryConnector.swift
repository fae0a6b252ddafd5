import Checkpoints
import Layers
import Tensors

/// A bidirectional encoder over the states, one conditioning vector for each signal token, after MetaQueries (Pan et al.
/// 2025, arXiv:2504.06256). Keys: `in_proj`, `position` (1, n, d), `encoder.layers.{i}`, `norm`, `out_proj`.
public struct MetaQueryConnector: Projector {
  public static let landmarks = ["in_proj.weight"]

  private let input: Linear
  private let position: Tensor  // (n·d)
  private let encoder: [TransformerEncoderLayer]
  private let norm: LayerNorm
  private let output: Linear

  public init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    let width = configuration.hiddenSize
    input = try Linear(weights["in_proj"], configuration.llmHiddenSize, width)
    position = try weights.float32("position", [1, configuration.queryCount, width]).reshaped([-1])
    var encoder = [TransformerEncoderLayer]()
    for i in 0..<configuration.encoderLayers {
      encoder.append(
        try TransformerEncoderLayer(
          weights["encoder"]["layers"][i], configuration.transformerSize, .gelu))
    }
    self.encoder = encoder
    norm = try LayerNorm(weights["norm"], channels: width)
    output = try Linear(weights["out_proj"], width, configuration.outputSize)
  }

  public func callAsFunction(_ states: Tensor) -> Tensor {
    let x = input(states)  // (B, n, d)
    let placed = x.reshaped([x.shape[0], -1]).addingRow(position).reshaped(x.shape)
    return output(norm(encoder.reduce(placed) { $1($0) }))
  }
}
