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

  /// Made once: it is the same whatever the padding.
  private static let builtInModel = Result { () throws(TokenizerError) in try makeModel() }

  private static func makeModel() throws(TokenizerError) -> BytePairModel {
    let base64 = clipMerges.withUTF8Buffer { Data($0) }
    let ids = [UInt8](Data(base64Encoded: base64, options: .ignoreUnknownCharacters) ?? Data())
    var tokens = ByteAlphabet.utf8InOrderOfCharacter
    tokens += tokens.map { $0 + Array("</w>".utf8) }
    var merges = MergeTable(minimumCapacity: ids.count / 4)
    for i in stride(from: 0, to: ids.count - 3, by: 4) {
      let (left, right) = (Int(ids[i]) | Int(ids[i + 1]) << 8, Int(ids[i + 2]) | Int(ids[i + 3]) << 8)
      merges.append(left, right, to: tokens.count)
      tokens.append(tokens[left] + tokens[right])
    }
    let names = CLIPTokenNames()
    tokens += [Array(names.bos.content.utf8), Array(names.eos.content.utf8)]
    var vocabulary = Vocabulary(minimumCapacity: tokens.count)
    for (id, token) in tokens.enumerated() {
      try vocabulary.insert(String(decoding: token, as: UTF8.self), id: id)
    }
    return BytePairModel(
      vocabulary: vocabulary, merges: merges, unknownID: tokens.count - 1, endOfWordSuffix: "</w>")
  }
}
