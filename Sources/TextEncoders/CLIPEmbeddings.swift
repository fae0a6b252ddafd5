import Checkpoints
import Layers
import Tensors

/// Token rows plus learned positions. Keys: `token_embedding`, `position_embedding`.
struct CLIPEmbeddings: Sendable {
  private let tokens: Embedding
  private let positions: Embedding
  /// Rows of tokens beyond the vocabulary (textual inversion), fp32.
  private var added: Tensor

  init(_ weights: Weights, _ configuration: CLIPTextConfiguration) throws(WeightsError) {
    let width = configuration.hiddenSize
    tokens = try Embedding(weights["token_embedding"], count: configuration.vocabularySize, width: width)
    positions = try Embedding(weights["position_embedding"], count: configuration.maximumLength, width: width)
    added = Tensor.zeros([0, width])
  }

  /// Ids below this have a row.
  var count: Int { tokens.table.shape[0] + added.shape[0] }

  func adding(_ rows: Tensor) -> CLIPEmbeddings {
    var copy = self
    copy.added = Tensor.concatenating([added, rows.float32()])
    return copy
  }

  /// T ids, each below `count` → (1, T, C).
  func callAsFunction(_ ids: [Int]) -> Tensor {
    let vocabulary = tokens.table.shape[0]
    let rows = ids.map { id in
      id < vocabulary ? tokens([id]) : added[id - vocabulary..<id - vocabulary + 1]
    }
    return (Tensor.concatenating(rows) + positions(Array(0..<ids.count))).reshaped([1, ids.count, -1])
  }
}
