/// How tokens are written out as text.
enum TokenDecoder: Sendable {
  /// Each character of a token stands for a byte.
  case byteLevel
  /// SentencePiece: "▁" is a space, `<0x0A>` a byte; a text loses the space that was put before it.
  case pieces(ByteTokens?, stripsFirstSpace: Bool)

  /// Appends what a token stands for.
  func append(_ token: ArraySlice<UInt8>, id: Int, to bytes: inout [UInt8]) {
    switch self {
    case .byteLevel: ByteAlphabet.appendDecoded(token, to: &bytes)
    case .pieces(let byteTokens, _):
      if let byte = byteTokens?.byte(of: id) {
        bytes.append(byte)
      } else {
        Self.appendSpaced(token, to: &bytes)
      }
    }
  }

  var stripsFirstSpace: Bool {
    if case .pieces(_, let strips) = self { strips } else { false }
  }

  private static func appendSpaced(_ token: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    var rest = token
    while let first = rest.first {
      if rest.starts(with: SentencePieceSpacing.mark) {
        bytes.append(0x20)
        rest = rest.dropFirst(SentencePieceSpacing.mark.count)
      } else {
        bytes.append(first)
        rest = rest.dropFirst()
      }
    }
  }
}
