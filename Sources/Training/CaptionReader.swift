import LanguageModels
import Tensors

/// A frozen language model that reads captions within a template and tells its states at rows that follow.
public struct CaptionReader: Sendable {
  public let model: LanguageModel
  private let template: PromptTemplate
  /// 0 for the states at the rows, −1 for those one before.
  private let offset: Int
  /// Where gradients can pass through the model.
  private let llama: LlamaModel?

  public init(_ model: LanguageModel, template: PromptTemplate, offset: Int) {
    precondition((-1...0).contains(offset))
    (self.model, self.template, self.offset) = (model, template, offset)
    llama = model.decoder as? LlamaModel
  }

  public var canTrainRows: Bool { llama != nil }

  /// The tokens before the rows.
  public func tokens(_ caption: String) -> [Int] {
    template.tokens(prompt: caption, tokenizer: model.tokenizer)
  }

  /// The texts as rows that are trained need them; only if `canTrainRows`.
  public func reading(_ texts: [[Int]]) throws(LanguageModelError) -> [ReadText] {
    guard let llama else { preconditionFailure("no gradient passes through \(model.decoder.source)") }
    let read = llama.reading(texts)
    guard read.allSatisfy({ $0.lastState.isFinite }) else { throw .notFinite(source: llama.source) }
    return read
  }

  /// The states (B, n, hidden) that n rows (n, hidden) have after each text; only if `canTrainRows`.
  public func states(_ rows: Variable, after texts: [ReadText]) throws(LanguageModelError) -> Variable {
    guard let llama else { preconditionFailure("no gradient passes through \(model.decoder.source)") }
    let (count, batch, width) = (rows.value.shape[0], texts.count, llama.hiddenSize)
    func read(_ rows: Variable) -> Variable {
      let n = rows.value.shape[0]
      let all = rows.repeated(batch).reshaped([batch * n, width])
      return llama.states(all, after: texts).reshaped([batch, n, width])
    }
    let states: Variable
    if offset == 0 {
      states = read(rows)
    } else {
      let last = Tensor.concatenating(texts.map(\.lastState)).reshaped([batch, 1, width])
      let first = Variable(constant: last)
      states = count == 1 ? first : .concatenating(first, read(rows[0..<count - 1]))
    }
    guard states.value.isFinite else { throw .notFinite(source: llama.source) }
    return states
  }

  /// The same for rows that stay as they are, with any language model.
  public func states(_ rows: Tensor, after texts: [[Int]]) throws(LanguageModelError) -> Tensor {
    if llama != nil { return try states(Variable(constant: rows), after: reading(texts)).value }
    let count = rows.shape[0]
    var parts: [Tensor] = []
    for text in texts {
      var cache = model.decoder.makeCache()
      let embeddings = Tensor.concatenating([try model.decoder.embeddings(text), rows])
      let states = try model.decoder.hiddenStates(embeddings: embeddings, cache: &cache)
      parts.append(states[text.count + offset..<text.count + offset + count])
    }
    return Tensor.concatenating(parts.map { $0.reshaped([1] + $0.shape) })
  }
}
