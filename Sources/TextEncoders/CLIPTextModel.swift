import Checkpoints
import Foundation
import Layers
import Tensors

/// CLIP's text encoder (Radford et al. 2021), transformers' `CLIPTextModel` and `CLIPTextModelWithProjection`: ViT-L for
/// SD 1, OpenCLIP's H for SD 2, L and bigG for SDXL. Keys: `embeddings`, `encoder.layers.{i}`, `final_layer_norm`, all below
/// `text_model` in most files and bare in new ones, and `text_projection`.
public struct CLIPTextModel: Sendable {
  public let configuration: CLIPTextConfiguration
  private var embeddings: CLIPEmbeddings
  private let layers: [CLIPEncoderLayer]
  private let finalNorm: LayerNorm
  private let projection: Linear?
  private let source: String

  public init(_ weights: Weights, _ configuration: CLIPTextConfiguration) throws(WeightsError) {
    self.configuration = configuration
    source = weights.source
    let bare = ["embeddings.token_embedding.weight", "final_layer_norm.weight"].contains { weights.has($0) }
    let model = bare ? weights : weights["text_model"]
    embeddings = try CLIPEmbeddings(model["embeddings"], configuration)
    var layers = [CLIPEncoderLayer]()
    for i in 0..<configuration.layerCount {
      layers.append(
        try CLIPEncoderLayer(
          model["encoder"]["layers"][i], width: configuration.hiddenSize,
          hidden: configuration.feedForwardSize,
          heads: configuration.heads, activation: configuration.activation,
          epsilon: configuration.layerNormEpsilon, isCausal: true))
    }
    self.layers = layers
    finalNorm = try LayerNorm(
      model["final_layer_norm"], channels: configuration.hiddenSize, epsilon: configuration.layerNormEpsilon)
    projection =
      configuration.hasProjection || weights.has("text_projection.weight")
      ? try Linear(
        weights["text_projection"], configuration.hiddenSize, configuration.projectionSize, bias: false,
        keepingType: true) : nil
  }

  /// Loads a model folder's `text_encoder/`: `config.json` and safetensors. Whatever nobody reads is an error, but for the
  /// `position_ids` of older files.
  ///
  /// - Throws: `ConfigurationError`, `CheckpointError` or `WeightsError`, each one line that names the file.
  public init(folder: URL) throws {
    let configuration = try CLIPTextConfiguration(contentsOf: folder.appending(path: "config.json"))
    let weights = try Weights(contentsOf: folder)
    try self.init(weights, configuration)
    try weights.verifyAllRead { $0.hasSuffix("embeddings.position_ids") }
  }

  /// The model with more tokens (textual inversion, Gal et al. 2022): `rows` (K, C) get the next K ids.
  public func adding(rows: Tensor) throws(TextEncoderError) -> CLIPTextModel {
    guard rows.shape.count == 2, rows.shape[1] == configuration.hiddenSize else {
      throw .wrongEmbeddings(expectedWidth: configuration.hiddenSize, found: rows.shape)
    }
    var copy = self
    copy.embeddings = embeddings.adding(rows)
    return copy
  }

  /// - Parameter ids: B sequences of one length, begin, end and padding tokens included.
  public func callAsFunction(_ ids: [[Int]]) throws(TextEncoderError) -> CLIPTextOutput {
    try check(ids)
    var states = [Tensor.concatenating(ids.map { embeddings($0) })]  // (B, T, C)
    for layer in layers { states.append(layer(states[states.count - 1])) }
    let last = normalized(states[states.count - 1])
    guard last.isFinite else { throw .notFinite(source: source) }
    let pooled = Tensor.concatenating(
      zip(ids, 0...).map { sequence, b in
        let end = endPosition(sequence)
        return last[b][end..<end + 1]
      })  // (B, C)
    return CLIPTextOutput(
      hiddenStates: states, lastHiddenState: last, pooled: pooled, textEmbeds: projection.map { $0(pooled) })
  }

  /// The final normalization, which SD 1 and 2 apply to the state of an earlier layer too when layers are skipped.
  public func normalized(_ hiddenState: Tensor) -> Tensor { finalNorm(hiddenState) }

  private func check(_ ids: [[Int]]) throws(TextEncoderError) {
    guard let length = ids.first?.count, length > 0 else { throw .noTokens }
    guard ids.allSatisfy({ $0.count == length }) else { throw .unequalLengths(ids.map(\.count)) }
    guard length <= configuration.maximumLength else {
      throw .tooLong(length, maximum: configuration.maximumLength)
    }
    for id in ids.joined() where !(0..<embeddings.count).contains(id) {
      throw .unknownToken(id, count: embeddings.count)
    }
  }

  /// Where transformers pools: at the first end token; at the first token where there is none.
  private func endPosition(_ ids: [Int]) -> Int {
    let end = configuration.endToken == 2 ? ids.max() : configuration.endToken
    return ids.firstIndex { $0 == end } ?? 0
  }
}
