/// What turns a piece of text into tokens of a vocabulary.
protocol TokenModel: Sendable {
  var vocabulary: Vocabulary { get set }

  /// Appends the ids of one piece of text.
  func encode(_ piece: ArraySlice<Unicode.Scalar>, into ids: inout [Int])
}

extension TokenModel {
  static func utf8(_ piece: ArraySlice<Unicode.Scalar>) -> [UInt8] {
    piece.flatMap { UTF8.encode($0).map(Array.init) ?? [] }
  }
}
