/// How SentencePiece, and `tokenizers` under the name of Metaspace, write spaces as "▁" and put one before a text.
struct SentencePieceSpacing: Sendable, Equatable {
  enum Prefix: Sendable, Equatable {
    case always
    /// Only at the start of the whole text, not after an added token.
    case first
    case never
  }

  var prefix = Prefix.always
  /// A text that starts with a space already gets no other (Metaspace).
  var keepsExistingPrefix = false
  /// Spaces at the ends go and runs become one.
  var removesExtraSpaces = false

  /// The UTF-8 of "▁".
  static let mark = Array("▁".utf8)
  private static let space: Unicode.Scalar = "▁"

  func callAsFunction(_ text: ArraySlice<Unicode.Scalar>, startsText: Bool) -> [Unicode.Scalar] {
    let kept = removesExtraSpaces ? Self.withoutExtraSpaces(text)[...] : text
    let scalars = kept.map { $0 == " " ? Self.space : $0 }
    let isWanted = prefix == .always || (prefix == .first && startsText)
    guard isWanted, !scalars.isEmpty, !(keepsExistingPrefix && scalars[0] == Self.space) else {
      return scalars
    }
    return [Self.space] + scalars
  }

  private static func withoutExtraSpaces(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for scalar in text where scalar != " " || (result.last ?? " ") != " " { result.append(scalar) }
    if result.last == " " { result.removeLast() }
    return result
  }
}
