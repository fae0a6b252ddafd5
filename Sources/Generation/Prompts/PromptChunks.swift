import Tokenizers

/// The tokens of a prompt in chunks that fit a text encoder's row, and how much each counts.
struct PromptChunks {
  struct Chunk: Equatable {
    var tokens: [Int] = []
    var weights: [Double] = []

    mutating func append(_ token: Int, _ weight: Double) {
      tokens.append(token)
      weights.append(weight)
    }
  }

  private(set) var chunks: [Chunk] = []

  /// - Parameter size: tokens to a chunk, without those that begin and end a row.
  init(_ prompt: String, _ encoder: TextEncoder, _ options: PromptOptions, size: Int) {
    switch options.syntax {
    case .a1111: read(WeightedText.parse(prompt), encoder, size: size)
    case .plain:
      let tokens = encoder.tokens(prompt)
      let kept = options.readsLongPrompts ? tokens : Array(tokens.prefix(size))
      for start in stride(from: 0, to: max(1, kept.count), by: size) {
        let part = Array(kept[start..<min(start + size, kept.count)])
        chunks.append(Chunk(tokens: part, weights: part.map { _ in 1 }))
      }
    }
    while chunks.count < options.minimumChunks { chunks.append(Chunk()) }
  }

  /// As the web UI does: where a chunk is full within 20 tokens of a comma, what follows the comma moves to the next.
  private mutating func read(_ parts: [WeightedText], _ encoder: TextEncoder, size: Int) {
    let comma = encoder.tokens(",").first
    var chunk = Chunk()
    var lastComma: Int?
    func finish() {
      chunks.append(chunk)
      (chunk, lastComma) = (Chunk(), nil)
    }
    for part in parts {
      guard part != .chunkBreak else {
        finish()
        continue
      }
      for token in encoder.tokens(part.text) {
        if token == comma {
          lastComma = chunk.tokens.count
        } else if chunk.tokens.count == size, let place = lastComma, size - place <= 20 {
          let moved = Chunk(
            tokens: Array(chunk.tokens[(place + 1)...]), weights: Array(chunk.weights[(place + 1)...]))
          chunk.tokens.removeSubrange((place + 1)...)
          chunk.weights.removeSubrange((place + 1)...)
          finish()
          chunk = moved
        }
        if chunk.tokens.count == size { finish() }
        chunk.append(token, part.weight)
      }
    }
    if !chunk.tokens.isEmpty || chunks.isEmpty { finish() }
  }
}
