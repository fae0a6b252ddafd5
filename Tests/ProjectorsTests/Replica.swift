import Checkpoints
import Projectors
import Tensors
import TestSupport

/// A fixture's tensors and configuration, to take apart.
enum Replica {
  static let prefixes = [
    "model.gen_text_hidden_fcs.0.", "gen_text_hidden_fcs.0.", "model.mm_output_img_projector.",
    "mm_output_img_projector.",
  ]

  static func parts(_ name: String) throws -> ([String: Tensor], ProjectorConfiguration) {
    (
      try Fixture.tensors("projectors/\(name)/model.safetensors"),
      try Fixture.json("projectors/\(name)/config.json")
    )
  }
}

extension ProjectorConfiguration {
  func changing(nullCondition: NullCondition) throws -> ProjectorConfiguration {
    try ProjectorConfiguration(
      kind: kind, llmHiddenSize: llmHiddenSize, hiddenSize: hiddenSize, encoderLayers: encoderLayers,
      decoderLayers: decoderLayers, heads: heads, feedForwardSize: feedForwardSize, queryCount: queryCount,
      outputSize: outputSize, signalTokens: signalTokens, stateOffset: stateOffset,
      addsInputEmbeddings: addsInputEmbeddings, nullCondition: nullCondition, promptTemplate: promptTemplate)
  }
}
