import Checkpoints
import Layers
import Tensors

/// One linear layer for each token: the `linear` mode of GILL and NExT-GPT. The first `query_count` tokens make the
/// conditioning, as in GILL. Keys: `fc`, or `model` (GILL, NExT-GPT's first release), or the bare `weight` and `bias`
/// (NExT-GPT's new code).
public struct LinearProjector: Projector {
  public static let landmarks =
    ["fc", "model"].flatMap { ["\($0).weight", "\($0).bias"] } + ["weight", "bias"]

  private let fc: Linear
  private let length: Int

  public init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    let scope = [weights["model"], weights].first { $0.has("weight") || $0.has("bias") } ?? weights["fc"]
    fc = try Linear(scope, configuration.llmHiddenSize, configuration.outputSize)
    length = configuration.queryCount
  }

  public func callAsFunction(_ states: Tensor) -> Tensor {
    let kept =
      states.shape[1] == length
      ? states : Tensor.concatenating((0..<states.shape[0]).map { states[$0][0..<length] })
    return fc(kept.reshaped([states.shape[0], length, states.dim(-1)]))  // (B, m, C)
  }
}
