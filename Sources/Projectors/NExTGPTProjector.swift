import Checkpoints
import Layers
import Tensors

/// The output projector of NExT-GPT's new code (Wu et al. 2023, arXiv:2309.05519; `TransformersProjector`). Its states are
/// those at the signal tokens and at the spaces between them. Keys: `in_fc`, `tfm`, `query_embs` (1, m, d), `out_fc`.
public struct NExTGPTProjector: Projector {
  public static let landmarks = ["query_embs", "in_fc.weight"]

  private let input: Linear
  private let transformer: Transformer
  private let queries: Tensor  // (1, m, d)
  private let output: Linear

  public init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    let width = configuration.hiddenSize
    input = try Linear(weights["in_fc"], configuration.llmHiddenSize, width)
    transformer = try Transformer(weights["tfm"], configuration)
    queries = try weights.float32("query_embs", [1, configuration.queryCount, width])
    output = try Linear(weights["out_fc"], width, configuration.outputSize)
  }

  public func callAsFunction(_ states: Tensor) -> Tensor {
    output(transformer(source: input(states), queries: queries))
  }
}
