import Tensors
import TextEncoders
import Tokenizers

/// A CLIP text encoder with its tokenizer, and the words that a user's embeddings have added to both.
struct TextEncoder: Sendable {
  private let tokenizer: CLIPTokenizer
  private let model: CLIPTextModel
  /// How many embeddings the token of an added word stands for.
  private let counts: [Int: Int]

  init(_ tokenizer: CLIPTokenizer, _ model: CLIPTextModel, _ embeddings: [TextualInversion] = []) throws {
    var model = model
    var (words, counts): ([(String, Int)], [Int: Int]) = ([], [:])
    var next = model.configuration.vocabularySize
    for embedding in embeddings {
      let rows = try embedding.rows(width: model.configuration.hiddenSize)
      model = try model.adding(rows: rows)
      words.append((embedding.name, next))
      counts[next] = rows.shape[0]
      next += rows.shape[0]
    }
    self.tokenizer = words.isEmpty ? tokenizer : tokenizer.adding(words)
    self.model = model
    self.counts = counts
  }

  /// The tokens of a text alone.
  func tokens(_ text: String) -> [Int] {
    let tokens = tokenizer.tokens(text)
    guard !counts.isEmpty else { return tokens }
    return tokens.flatMap { Array($0..<$0 + (counts[$0] ?? 1)) }
  }

  /// Fails if there are no so many layers to leave out.
  func check(skipping skipped: Int) throws {
    guard (0..<model.configuration.layerCount).contains(skipped) else {
      throw GenerationError.wrongClipSkip(skipped, layers: model.configuration.layerCount)
    }
  }

  /// How many chunks a prompt takes.
  func chunkCount(_ prompt: String, _ options: PromptOptions) -> Int {
    PromptChunks(prompt, self, options, size: tokenizer.maximumLength - 2).chunks.count
  }

  /// The prompt's states, chunk after chunk, (1, chunks · 77, C), and the pooled text of the first chunk.
  ///
  /// - Parameter state: which of a row's hidden states is the conditioning.
  func callAsFunction(
    _ prompt: String, _ options: PromptOptions, state: (CLIPTextModel, CLIPTextOutput) throws -> Tensor
  ) throws -> PromptConditioning {
    let chunks = PromptChunks(prompt, self, options, size: tokenizer.maximumLength - 2).chunks
    var pooled: Tensor?
    var states: [Tensor] = []
    for chunk in chunks {
      let output = try model([tokenizer.row(chunk.tokens)])
      pooled = pooled ?? output.textEmbeds
      states.append(weighted(try state(model, output), chunk.weights))
    }
    return PromptConditioning(
      states: states.count == 1 ? states[0] : Tensor.concatenating(states, axis: 1), pooled: pooled)
  }

  /// Each token's state times its weight, then all of them scaled so that their mean stays what it was: the emphasis
  /// that the web UI calls original.
  private func weighted(_ states: Tensor, _ weights: [Double]) -> Tensor {
    guard weights.contains(where: { $0 != 1 }) else { return states }
    let width = states.dim(-1)
    var values = states.floats
    let mean = values.reduce(0) { $0 + Double($1) }
    for (i, weight) in weights.enumerated() where weight != 1 {
      // The row begins with a token of its own.
      for j in (i + 1) * width..<(i + 2) * width { values[j] *= Float(weight) }
    }
    let scale = Float(mean / values.reduce(0) { $0 + Double($1) })
    return Tensor(values.map { $0 * scale }, shape: states.shape)
  }
}
