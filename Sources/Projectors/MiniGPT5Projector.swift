import Checkpoints
import Layers
import Tensors

/// MiniGPT-5's mapping (Zheng et al. 2023, arXiv:2310.02239); the transformer's output is the conditioning. Keys: `fc.0`,
/// `fc.2`, `llm_to_t2i_mapping`, `t2i_decoder_prompt` (1, m, d).
public struct MiniGPT5Projector: Projector {
  public static let landmarks = ["t2i_decoder_prompt"]

  private let fc0: Linear
  private let fc2: Linear
  private let transformer: Transformer
  private let queries: Tensor  // (1, m, d)

  public init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    let width = configuration.hiddenSize
    fc0 = try Linear(weights["fc"][0], configuration.llmHiddenSize, width)
    fc2 = try Linear(weights["fc"][2], width, width)
    transformer = try Transformer(weights["llm_to_t2i_mapping"], configuration)
    queries = try weights.float32("t2i_decoder_prompt", [1, configuration.queryCount, width])
  }

  public func callAsFunction(_ states: Tensor) -> Tensor {
    transformer(source: fc2(Activation.gelu(fc0(states))), queries: queries)
  }
}
