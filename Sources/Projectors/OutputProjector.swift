import Checkpoints
import Foundation
import Tensors

/// A projector as its folder holds it: what turns a language model's states into a picture's conditioning.
public struct OutputProjector: Sendable {
  public let configuration: ProjectorConfiguration
  /// Input rows of the signal tokens (count of `signalTokens`, llm_hidden), where the file brings them; otherwise the
  /// language model has its own.
  public let signalEmbeddings: Tensor?
  /// Output rows of the signal tokens, of the same shape, for letting the language model emit them.
  public let signalHead: Tensor?
  private let projector: any Projector
  private let learnedNull: Tensor?  // (1, m, C)

  /// - Parameter weights: a whole checkpoint: the projector's tensors, bare or under a published prefix, and the rows of
  ///   the signal tokens. Whatever nobody reads is an error.
  public init(_ weights: Weights, _ configuration: ProjectorConfiguration) throws(WeightsError) {
    self.configuration = configuration
    let type = configuration.kind.type
    projector = try type.init(publishedScope(of: type, in: weights), configuration)

    let rows = [configuration.signalTokens.count, configuration.llmHiddenSize]
    func optional(_ scope: String) throws(WeightsError) -> Tensor? {
      weights[scope].has("weight") ? try weights[scope].float32("weight", rows) : nil
    }
    signalEmbeddings = try optional("signal_embeddings")
    signalHead = try optional("signal_head")
    learnedNull =
      configuration.nullCondition == .learned
      ? try weights.float32("null_condition", [1, configuration.queryCount, configuration.outputSize]) : nil
    try weights.verifyAllRead()
  }

  /// - Parameters:
  ///   - states: (B, n, llm_hidden), n being `configuration.stateCount`.
  ///   - inputEmbeddings: the language model's input rows at the same positions, (n, llm_hidden); needed, and used, only
  ///     where `configuration.addsInputEmbeddings`.
  /// - Returns: the conditioning, (B, m, C).
  public func callAsFunction(
    _ states: Tensor, inputEmbeddings: Tensor? = nil
  ) throws(ProjectorError) -> Tensor {
    let (count, width) = (configuration.stateCount, configuration.llmHiddenSize)
    guard states.shape.count == 3, states.shape[0] > 0, Array(states.shape[1...]) == [count, width] else {
      throw .wrongStates(expectedTokens: count, width: width, found: states.shape)
    }
    let states = states.float32()
    guard configuration.addsInputEmbeddings else { return projector(states) }
    guard let rows = inputEmbeddings else { throw .missingInputEmbeddings }
    guard rows.shape == [count, width] else {
      throw .wrongInputEmbeddings(expected: [count, width], found: rows.shape)
    }
    let flat = states.reshaped([states.shape[0], count * width]).addingRow(rows.float32())
    return projector(flat.reshaped(states.shape))
  }

  /// The conditioning of "no prompt", (1, m, C); nil where `configuration.nullCondition` is `text`, which is for the text
  /// encoder to answer. `zeros` runs the projector, so keep the result.
  public func nullCondition() -> Tensor? {
    switch configuration.nullCondition {
    case .learned: learnedNull
    case .zeros: projector(Tensor.zeros([1, configuration.stateCount, configuration.llmHiddenSize]))
    case .text: nil
    }
  }
}

/// Where a published checkpoint keeps its projector: bare, as here, or below the attribute that held it.
private func publishedScope(of type: any Projector.Type, in weights: Weights) -> Weights {
  let scopes = [
    "model.gen_text_hidden_fcs.0", "gen_text_hidden_fcs.0",  // GILL; NExT-GPT's first release
    "model.mm_output_img_projector", "mm_output_img_projector",  // NExT-GPT's new code
  ]
  return scopes.map { weights[$0] }.first { scope in type.landmarks.contains { scope.has($0) } } ?? weights
}
