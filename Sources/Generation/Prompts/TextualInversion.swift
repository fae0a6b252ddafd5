import Checkpoints
import Foundation
import Tensors

/// A textual-inversion file (Gal et al. 2022): a word for prompts, and the embeddings that it stands for. Reads
/// AUTOMATIC1111's (`string_to_param`), kohya's (`emb_params`), diffusers' (the word is the name) and SDXL's (`clip_l`,
/// `clip_g`).
public struct TextualInversion: Sendable {
  /// As it is written in prompts.
  public let name: String
  private let url: URL
  /// (K, width) each, one for every text encoder.
  private let rows: [Tensor]

  /// - Parameter name: nil: the word in the file, or the file's own name where that has none.
  public init(contentsOf url: URL, name: String? = nil) throws {
    self.url = url
    let tensors = try Weights(contentsOf: url).all
    let word = tensors.count == 1 ? tensors.keys.first.flatMap(Self.word) : nil
    self.name = name ?? word ?? url.deletingPathExtension().lastPathComponent
    rows = tensors.values.filter {
      $0.dtype.isFloatingPoint && (1...2).contains($0.shape.count) && $0.count > 0
    }
    .map { $0.shape.count == 1 ? $0.reshaped([1, -1]) : $0 }
    guard !rows.isEmpty, !self.name.isEmpty else {
      throw GenerationError.incompatible("\(url.path): holds no textual-inversion embeddings")
    }
    guard rows.allSatisfy({ $0.shape[0] <= 75 }), rows.allSatisfy(\.isFinite) else {
      throw GenerationError.incompatible("\(url.path): its embeddings are damaged, or more than 75")
    }
  }

  /// What is not one of the formats' own keys.
  private static func word(_ key: String) -> String? {
    ["emb_params", "clip_l", "clip_g"].contains(key) || key.hasPrefix("string_to_param") ? nil : key
  }

  /// The embeddings for an encoder of this width, (K, width).
  func rows(width: Int) throws -> Tensor {
    guard let rows = rows.first(where: { $0.shape[1] == width }) else {
      let widths = rows.map { "\($0.shape[1])" }.joined(separator: " and ")
      throw GenerationError.incompatible(
        "\(url.path): its embeddings are \(widths) wide, but the text encoder's are \(width); it was made for another kind "
          + "of model")
    }
    return rows
  }
}
