import Checkpoints
import Foundation
import Layers
import Tensors

/// What turns an image encoder's states into rows that a language model reads in the place of words: LLaVA's (Liu et al.
/// 2023, arXiv:2304.08485), GILL's and MiniGPT-4's (Zhu et al. 2023, arXiv:2304.10592) arrangements.
///
/// Keys: `linear` the bare `weight` and `bias`; `mlp` `0` and `2`, or `linear_1` and `linear_2`; both bare or below
/// `mm_projector`, `model.mm_projector`, `multi_modal_projector`, `model.multi_modal_projector`, or GILL's
/// `model.visual_embeddings`. `qFormer`: see `QFormer`.
public struct InputProjector: Sendable {
  public let configuration: InputProjectorConfiguration
  private let layers: Layers

  private enum Layers: Sendable {
    case linear(Linear)
    case mlp(Linear, Linear)
    case qFormer(QFormer)
  }

  /// - Parameter weights: a whole checkpoint. Whatever nobody reads is an error.
  public init(_ weights: Weights, _ c: InputProjectorConfiguration) throws(WeightsError) {
    configuration = c
    let scope = Self.scope(weights)
    switch c.kind {
    case .linear:
      layers = .linear(try Linear(scope, c.encoderHiddenSize, c.llmHiddenSize * c.queryCount))
    case .mlp:
      let names = scope["linear_1"].has("weight") ? ("linear_1", "linear_2") : ("0", "2")
      layers = .mlp(
        try Linear(scope[names.0], c.encoderHiddenSize, c.llmHiddenSize),
        try Linear(scope[names.1], c.llmHiddenSize, c.llmHiddenSize))
    case .qFormer: layers = .qFormer(try QFormer(weights, c))
    }
    try weights.verifyAllRead { name in name.hasSuffix("position_ids") }
  }

  private static func scope(_ weights: Weights) -> Weights {
    let scopes = [
      "mm_projector", "model.mm_projector", "multi_modal_projector", "model.multi_modal_projector",
      "model.visual_embeddings",
    ]
    return scopes.map { weights[$0] }.first { scope in
      scope.has("weight") || ["0", "linear_1"].contains { scope[$0].has("weight") }
    } ?? weights
  }

  /// - Parameter features: of one picture, (1, T, encoder width), chosen as the configuration says.
  /// - Returns: rows for the language model, (n, llm width).
  public func callAsFunction(_ features: Tensor) throws(ProjectorError) -> Tensor {
    guard features.shape.count == 3, features.shape[0] == 1,
      features.shape[2] == configuration.encoderHiddenSize
    else {
      throw .wrongStates(
        expectedTokens: features.shape.count == 3 ? features.shape[1] : 1,
        width: configuration.encoderHiddenSize,
        found: features.shape)
    }
    let rows =
      switch layers {
      case .linear(let linear): linear(features)
      case .mlp(let first, let second): second(Activation.gelu(first(features)))
      case .qFormer(let qFormer): qFormer(features)
      }
    return rows.reshaped([-1, configuration.llmHiddenSize])
  }
}

/// Loads a model folder's `input_projector/`: `config.json` and `model.safetensors`.
///
/// - Throws: `ConfigurationError`, `CheckpointError` or `WeightsError`, each one line that names the file.
public func loadInputProjector(folder: URL) throws -> InputProjector {
  let configuration = try InputProjectorConfiguration(contentsOf: folder.appending(path: "config.json"))
  return try InputProjector(Weights(contentsOf: folder), configuration)
}
