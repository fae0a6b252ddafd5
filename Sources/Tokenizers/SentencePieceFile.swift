/// What a SentencePiece `tokenizer.model` says, as far as byte-pair encoding needs it.
struct SentencePieceFile {
  private(set) var pieces: [(text: String, score: Float, kind: SentencePieceModel.Kind)] = []
  private(set) var addsPrefix = true
  private(set) var removesExtraSpaces = true
  private(set) var fallsBackToBytes = false
  private(set) var unknownID = 0
  private(set) var bosID = 1
  private(set) var eosID = 2
  private(set) var padID = -1
  private var modelType: UInt64 = 1
  private var escapesSpaces = true
  private var hasCharacterMap = false
  private var spacesAreSuffixes = false

  init(_ bytes: [UInt8]) throws(TokenizerError) {
    var reader = ProtobufReader(bytes[...], file: "tokenizer.model")
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let message)):
        guard pieces.count < Vocabulary.maximumID else { throw reader.malformed("it has too many pieces") }
        pieces.append(try Self.piece(message, id: pieces.count))
      case (2, .bytes(let message)): try readTrainer(message)
      case (3, .bytes(let message)): try readNormalizer(message)
      default: break
      }
    }
    guard !pieces.isEmpty else { throw reader.malformed("it has no pieces") }
    try check()
  }

  private func check() throws(TokenizerError) {
    let names: [UInt64: String] = [1: "unigram", 3: "word", 4: "char"]
    guard modelType == 2 else {
      throw .unsupported(key: "tokenizer.model: model_type", value: names[modelType] ?? "\(modelType)")
    }
    if hasCharacterMap {
      throw .unsupported(key: "tokenizer.model: normalization", value: "other than identity")
    }
    if !escapesSpaces { throw .unsupported(key: "tokenizer.model: escape_whitespaces", value: "false") }
    if spacesAreSuffixes {
      throw .unsupported(key: "tokenizer.model: treat_whitespace_as_suffix", value: "true")
    }
    guard pieces.indices.contains(unknownID), pieces[unknownID].kind == .unknown else {
      throw .invalidID(token: "unk", id: unknownID)
    }
  }

  private static func piece(
    _ message: ArraySlice<UInt8>, id: Int
  ) throws(TokenizerError) -> (text: String, score: Float, kind: SentencePieceModel.Kind) {
    var (text, score, kind) = ("", Float(0), SentencePieceModel.Kind.normal)
    var reader = ProtobufReader(message, file: "tokenizer.model")
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (1, .bytes(let bytes)):
        guard let valid = String(validating: bytes, as: UTF8.self) else {
          throw reader.malformed("piece \(id) is not UTF-8")
        }
        text = valid
      case (2, .bits32(let bits)): score = Float(bitPattern: bits)
      case (3, .integer(let number)):
        guard let known = Int(exactly: number).flatMap(SentencePieceModel.Kind.init) else {
          throw reader.malformed("piece \(id) is of an unknown kind")
        }
        kind = known
      default: break
      }
    }
    return (text, score, kind)
  }

  private mutating func readTrainer(_ message: ArraySlice<UInt8>) throws(TokenizerError) {
    var reader = ProtobufReader(message, file: "tokenizer.model")
    while let (number, value) = try reader.next() {
      guard case .integer(let integer) = value else { continue }
      // Ids are of 32 bits and negative where there is no such token.
      let id = Int(Int32(truncatingIfNeeded: integer))
      switch number {
      case 3: modelType = integer
      case 24: spacesAreSuffixes = integer != 0
      case 35: fallsBackToBytes = integer != 0
      case 40: unknownID = id
      case 41: bosID = id
      case 42: eosID = id
      case 43: padID = id
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ArraySlice<UInt8>) throws(TokenizerError) {
    var reader = ProtobufReader(message, file: "tokenizer.model")
    while let (number, value) = try reader.next() {
      switch (number, value) {
      case (2, .bytes(let map)): hasCharacterMap = !map.isEmpty
      case (3, .integer(let flag)): addsPrefix = flag != 0
      case (4, .integer(let flag)): removesExtraSpaces = flag != 0
      case (5, .integer(let flag)): escapesSpaces = flag != 0
      default: break
      }
    }
  }
}
