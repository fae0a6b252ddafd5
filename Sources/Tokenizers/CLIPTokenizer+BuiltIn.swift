import Foundation

extension CLIPTokenizer {
  /// OpenAI's own vocabulary of 49,408 tokens, for checkpoints that come without a tokenizer's files.
  ///
  /// - Parameter padToken: SD 1 and SDXL's first encoder pad with the end token, SD 2 and SDXL's second with `!`.
  public static func builtIn(padToken: String = "<|endoftext|>") throws(TokenizerError) -> CLIPTokenizer {
    var names = CLIPTokenNames()
    names.pad = CLIPTokenNames.Name(content: padToken)
    return try CLIPTokenizer(model: builtInModel.get(), addedTokens: [], names: names)
  }

  /// Writes the built-in vocabulary as the files of a `tokenizer/` folder: `vocab.json`, `merges.txt` and
  /// `tokenizer_config.json`.
  public static func writeBuiltIn(to folder: URL, padToken: String = "<|endoftext|>") throws {
    let (tokens, merges) = vocabulary
    func name(_ id: Int) -> String { String(decoding: tokens[id], as: UTF8.self) }
    let ids = Dictionary(uniqueKeysWithValues: tokens.indices.map { (name($0), $0) })
    let lines = merges.map { "\(name($0.left)) \(name($0.right))\n" }
    let names = CLIPTokenNames()
    let config: [String: Any] = [
      "bos_token": names.bos.content, "eos_token": names.eos.content, "unk_token": names.unknown.content,
      "pad_token": padToken, "tokenizer_class": "CLIPTokenizer", "model_max_length": 77,
    ]
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(ids).write(to: folder.appending(path: "vocab.json"))
    try Data("#version: 0.2\n\(lines.joined())".utf8).write(to: folder.appending(path: "merges.txt"))
    try JSONSerialization.data(
      withJSONObject: config,
      options: [.sortedKeys, .withoutEscapingSlashes]
    ).write(to: folder.appending(path: "tokenizer_config.json"))
  }

  /// Made once: it is the same whatever the padding.
  private static let builtInModel = Result { () throws(TokenizerError) in try makeModel() }

  private static func makeModel() throws(TokenizerError) -> BytePairModel {
    let (tokens, pairs) = vocabulary
    var merges = MergeTable(minimumCapacity: pairs.count)
    let first = tokens.count - 2 - pairs.count
    for (rank, pair) in pairs.enumerated() { merges.append(pair.left, pair.right, to: first + rank) }
    var vocabulary = Vocabulary(minimumCapacity: tokens.count)
    for (id, token) in tokens.enumerated() {
      try vocabulary.insert(String(decoding: token, as: UTF8.self), id: id)
    }
    return BytePairModel(
      vocabulary: vocabulary, merges: merges, unknownID: tokens.count - 1, endOfWordSuffix: "</w>")
  }

  /// The tokens in order of id, and the merges in order of rank.
  private static var vocabulary: (tokens: [[UInt8]], merges: [(left: Int, right: Int)]) {
    let base64 = clipMerges.withUTF8Buffer { Data($0) }
    let ids = [UInt8](Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data())
    var tokens = ByteAlphabet.utf8InOrderOfCharacter
    tokens += tokens.map { $0 + Array("</w>".utf8) }
    var merges: [(left: Int, right: Int)] = []
    for i in stride(from: 0, to: ids.count - 3, by: 4) {
      let (left, right) = (Int(ids[i]) | Int(ids[i + 1]) << 8, Int(ids[i + 2]) | Int(ids[i + 3]) << 8)
      merges.append((left, right))
      tokens.append(tokens[left] + tokens[right])
    }
    let names = CLIPTokenNames()
    return (tokens + [Array(names.bos.content.utf8), Array(names.eos.content.utf8)], merges)
  }
}
