import LanguageModels
import Projectors
import Tensors
import Training

/// A frozen language model with a projector and signal rows in training: caption → conditioning.
struct Student: Sendable {
  /// The signal rows' name among the parameters and in the projector's file.
  static let rows = "signal_embeddings.weight"

  let configuration: ProjectorConfiguration
  let reader: CaptionReader
  /// The row of a space, which NExT-GPT's new code has between its tokens; nil for other projectors.
  private let space: Tensor?

  init(_ configuration: ProjectorConfiguration, _ model: LanguageModel) throws {
    self.configuration = configuration
    reader = CaptionReader(
      model, template: try PromptTemplate(configuration.promptTemplate), offset: configuration.stateOffset)
    if configuration.stateCount == configuration.signalTokens.count {
      space = nil
    } else {
      let ids = model.tokenizer.encode(" ", addSpecialTokens: false)
      guard ids.count == 1 else {
        throw AlignmentError.request(
          "the language model's tokenizer has no token for a single space, which NExTGPTProjector needs")
      }
      space = try model.decoder.embeddings(ids)
    }
  }

  /// Where the signal rows start: at those of words, which a language model understands.
  func initialRows(seed: UInt64) throws(LanguageModelError) -> Tensor {
    var random = SplitMix64(seed: seed)
    let tokenizer = reader.model.tokenizer
    var ids: [Int] = []
    let limit = max(1, min(tokenizer.vocabularyCount, reader.model.decoder.vocabularySize))
    // A vocabulary of nothing but special tokens ends the search.
    for attempt in 0..<1000 * configuration.signalTokens.count
    where ids.count < configuration.signalTokens.count {
      let id = Int.random(in: 0..<limit, using: &random)
      if attempt > 100 * configuration.signalTokens.count || !tokenizer.isSpecial(id) { ids.append(id) }
    }
    return try reader.model.decoder.embeddings(ids)
  }

  /// The input rows (n, hidden) at which states are read, from the signal tokens' own.
  func inputs(_ rows: Variable) -> Variable {
    guard let space else { return rows }
    let between = Variable(constant: space)
    return .concatenating(
      (0..<rows.value.shape[0]).flatMap { i in
        i == 0 ? [rows[0..<1]] : [between, rows[i..<i + 1]]
      })
  }

  /// - Parameters:
  ///   - states: (B, n, hidden), as the language model gives them.
  ///   - isDropped: captions to be taken for none: their states are zeros.
  /// - Returns: the conditioning, (B, m, C).
  func conditioning(
    _ states: Variable, parameters: [String: Variable], inputs: Variable, scaling: StateScaling,
    isDropped: [Bool] = []
  ) -> Variable {
    let shape = states.value.shape
    var states = states
    if configuration.addsInputEmbeddings {
      let row = inputs.reshaped([shape[1] * shape[2]])
      states = states.reshaped([shape[0], -1]).addingRow(row).reshaped(shape)
    }
    if isDropped.contains(true) { states = states.zeroing(isDropped) }
    return ProjectorNetwork(configuration, parameters: parameters)(scaling(states))
  }
}
