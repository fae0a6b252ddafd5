/// A token that is found in the text itself, before any splitting, and never taken apart.
struct AddedToken: Sendable, Equatable {
  var id: Int
  var content: String
  /// Control tokens: only encoded where the caller lets text hold them, and left out of decoded text on request.
  var isSpecial: Bool
  /// Takes the white space before or after it along.
  var stripsLeft = false
  var stripsRight = false
  /// Only between characters that are not part of a word.
  var isSingleWord = false
  /// Looked for in the normalized text, itself normalized.
  var isNormalized = false
}
