import Checkpoints
import Layers
import Tensors

/// GILL's `gill_mapper` (Koh et al. 2023, arXiv:2305.17216), also NExT-GPT's first release (Wu et al. 2023,
/// arXiv:2309.05519). Keys: `fc`, `tfm`, `query_embs` (1, m, d), `model`.
public struct GILLMapper: Projector {
  public static let landmarks = ["query_embs", "fc.weight"]

  private let fc: Linear
  private let transformer: Transformer
  private let queries: Tensor  // (1, m, d)
  private let model: Linear

  public init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    let width = configuration.hiddenSize
    fc = try Linear(weights["fc"], configuration.llmHiddenSize, width)
    transformer = try Transformer(weights["tfm"], configuration)
    queries = try weights.float32("query_embs", [1, configuration.queryCount, width])
    model = try Linear(weights["model"], width, configuration.outputSize)
  }

  public func callAsFunction(_ states: Tensor) -> Tensor {
    model(transformer(source: fc(states), queries: queries))
  }
}
