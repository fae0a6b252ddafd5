import Foundation
import ImageEncoders
import LanguageModels
import Projectors
import Tensors

/// The path of pictures into a language model: an image encoder and an input projector, `image_encoder/` and
/// `input_projector/` of a model folder, as in LLaVA and MiniGPT-4.
public struct ImageReader: Sendable {
  private let preprocessor: ImagePreprocessor
  private let encoder: CLIPVisionModel
  private let projector: InputProjector

  /// Whether a folder has the two.
  public static func exists(in folder: URL) -> Bool {
    ["image_encoder", "input_projector"].allSatisfy {
      FileManager.default.fileExists(atPath: folder.appending(path: $0).path)
    }
  }

  /// - Throws: `GenerationError.noImageEncoder` where the folder has none, and what its files are wrong in.
  public init(folder: URL) throws {
    guard Self.exists(in: folder) else { throw GenerationError.noImageEncoder(folder.path) }
    let encoderFolder = folder.appending(path: "image_encoder")
    let settings = encoderFolder.appending(path: "preprocessor_config.json")
    preprocessor =
      FileManager.default.fileExists(atPath: settings.path)
      ? try ImagePreprocessor(contentsOf: settings) : ImagePreprocessor()
    encoder = try CLIPVisionModel(folder: encoderFolder)
    projector = try loadInputProjector(folder: folder.appending(path: "input_projector"))
    let (width, expected) = (encoder.configuration.hiddenSize, projector.configuration.encoderHiddenSize)
    guard width == expected else {
      throw GenerationError.incompatible(
        "\(folder.path): the image encoder's states are \(width) wide, but the input projector expects \(expected)"
      )
    }
  }

  /// Width of the rows.
  public var llmHiddenSize: Int { projector.configuration.llmHiddenSize }

  /// Text that the language model reads around each picture.
  public var surroundings: (before: String, after: String) {
    (projector.configuration.prefix, projector.configuration.suffix)
  }

  /// The language model's input rows for a picture, (n, hidden).
  public func callAsFunction(_ picture: Picture) throws -> Tensor {
    let c = projector.configuration
    let states = try encoder.hiddenStates(
      preprocessor(picture.pixels, width: picture.width, height: picture.height))
    guard c.features != .pooled else {
      return try projector(encoder.pooled(states).reshaped([1, 1, c.encoderHiddenSize]))
    }
    let layer = c.featureLayer < 0 ? states.count + c.featureLayer : c.featureLayer
    guard states.indices.contains(layer) else {
      throw ImageEncoderError.noSuchLayer(c.featureLayer, layers: states.count - 1)
    }
    var chosen = states[layer]  // (1, 1 + patches, C)
    if c.normalizesFeatures { chosen = encoder.normalized(chosen) }
    if c.features == .patch {
      chosen = chosen[0][1..<chosen.shape[1]].reshaped([1, chosen.shape[1] - 1, c.encoderHiddenSize])
    }
    return try projector(chosen)
  }
}

extension LanguageModel {
  /// The input rows (T, hidden) of texts and pictures in order: each text tokenized by itself, the tokens that begin a
  /// text before the first only, each picture as its reader has it.
  ///
  /// - Parameter reader: needed where there are pictures.
  public func embeddings(of prompt: InterleavedPrompt, reader: ImageReader?) throws -> Tensor {
    if prompt.hasPictures {
      guard let reader else { throw GenerationError.noImageEncoder(decoder.source) }
      guard reader.llmHiddenSize == decoder.hiddenSize else {
        throw GenerationError.incompatible(
          "the input projector makes rows \(reader.llmHiddenSize) wide, but the language model reads \(decoder.hiddenSize)"
        )
      }
    }
    let around = reader?.surroundings ?? (before: "", after: "")
    let spread = prompt.items.flatMap { item -> [InterleavedPrompt.Item] in
      if case .picture = item { [.text(around.before), item, .text(around.after)] } else { [item] }
    }
    let items = InterleavedPrompt(spread).merged.items
    // A picture at the start comes after the tokens that begin a text.
    var rows: [Tensor] = []
    if case .picture? = items.first {
      let beginning = tokenizer.encode("")
      if !beginning.isEmpty { rows.append(try decoder.embeddings(beginning)) }
    }
    for (index, item) in items.enumerated() {
      switch item {
      case .text(let text):
        rows.append(try decoder.embeddings(tokenizer.encode(text, addSpecialTokens: index == 0)))
      case .picture(let picture):
        if let reader { rows.append(try reader(picture)) }
      }
    }
    guard !rows.isEmpty else { return try decoder.embeddings(tokenizer.encode("")) }
    return Tensor.concatenating(rows)
  }
}
