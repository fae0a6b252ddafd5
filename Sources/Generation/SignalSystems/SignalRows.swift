import Tensors

/// The rows of the language model's tables that a system trained, and the tokens they belong to.
struct SignalRows {
  /// The whole input table and the whole head, (vocabulary, hidden), where the language model takes them over.
  let tables: (input: Tensor, head: Tensor?)?
  /// The signals' own rows, (n, hidden).
  let input: Tensor
  let head: Tensor?
  /// Tokens that the tokenizer lacks, with their ids.
  let addedTokens: [String: Int]

  /// GILL: the last rows of its table, which is also the head, are the signals'.
  init(lastRowsOf name: String, in checkpoint: SignalCheckpoint, count: Int, width: Int) throws {
    let table = try Self.table(name, checkpoint, width: width)
    guard table.shape[0] >= count else {
      throw SignalSystemError.wrongShape(
        name, found: table.shape, expected: "at least \(count) rows", source: checkpoint.source)
    }
    let rows = table[table.shape[0] - count..<table.shape[0]].float32()
    (tables, input, head, addedTokens) = (nil, rows, rows, [:])
    try Self.check(rows, name, checkpoint)
  }

  /// MiniGPT-5, NExT-GPT: tables that begin with the language model's `vocabulary` tokens, or hold the added ones only.
  /// - Parameter known: the ids of tokens that the tokenizer has already.
  init(
    _ checkpoint: SignalCheckpoint, _ traits: SignalSystemTraits, vocabulary: Int, width: Int,
    known: (String) -> Int?
  ) throws {
    let inputName = "model.embed_tokens.weight"
    let headName = "lm_head.weight"
    let input = try Self.table(inputName, checkpoint, width: width)
    let head = checkpoint.has(headName) ? try Self.table(headName, checkpoint, width: width) : nil
    if let head, head.shape != input.shape {
      throw SignalSystemError.wrongShape(
        headName, found: head.shape, expected: "\(input.shape) as \(inputName)", source: checkpoint.source)
    }
    let isWhole = input.shape[0] >= vocabulary
    let first = isWhole ? 0 : vocabulary
    var ids: [String: Int] = [:]
    if known(traits.signals[0]) == nil {
      let count = first + input.shape[0] - vocabulary
      guard count >= 1, count <= traits.addedTokens.count else {
        throw SignalSystemError.vocabulary(
          "\(checkpoint.source): \(inputName) has \(input.shape[0]) rows, but the tokenizer has \(vocabulary) tokens and "
            + "the system adds \(traits.addedTokens.count); is this the language model that it was trained with?"
        )
      }
      for (index, token) in traits.addedTokens.prefix(count).enumerated() { ids[token] = vocabulary + index }
    }
    let rows = try traits.signals.map { signal in
      guard let id = ids[signal] ?? known(signal), (first..<first + input.shape[0]).contains(id) else {
        throw SignalSystemError.vocabulary(
          "\(checkpoint.source): \(inputName) has no row for the token \(signal)")
      }
      return id - first
    }
    addedTokens = ids
    tables = isWhole ? (input, head) : nil
    self.input = Tensor.concatenating(rows.map { input[$0..<$0 + 1].float32() })
    self.head = head.map { head in Tensor.concatenating(rows.map { head[$0..<$0 + 1].float32() }) }
    try Self.check(self.input, inputName, checkpoint)
    if let head = self.head { try Self.check(head, headName, checkpoint) }
  }

  private static func table(_ name: String, _ checkpoint: SignalCheckpoint, width: Int) throws -> Tensor {
    guard let table = checkpoint.tensors[name] else {
      throw SignalSystemError.missing(
        name, source: checkpoint.source, hint: "it holds the rows of the signal tokens")
    }
    guard table.shape.count == 2, table.shape[1] == width, table.shape[0] > 0,
      [.float32, .float16, .bfloat16].contains(table.dtype)
    else {
      throw SignalSystemError.wrongShape(
        name, found: table.shape, expected: "rows of the language model's width, \(width)",
        source: checkpoint.source)
    }
    return table
  }

  private static func check(_ rows: Tensor, _ name: String, _ checkpoint: SignalCheckpoint) throws {
    guard rows.isFinite else { throw SignalSystemError.notFinite(name, source: checkpoint.source) }
  }
}
