import Testing

@testable import Tokenizers

@Suite struct StreamingDecoderTests {
  @Test(arguments: ["gpt2", "qwen2"]) func piecesJoinToTheWholeText(kind: String) throws {
    let tokenizer = try Fixtures.tokenizer(kind)
    for text in try Fixtures.texts() {
      let ids = tokenizer.encode(text)
      var decoder = StreamingDecoder(tokenizer, skipSpecialTokens: false)
      var pieces = ids.map { decoder.append($0) }
      pieces.append(decoder.finish())
      #expect(Array(pieces.joined().utf8) == Array(tokenizer.decode(ids).utf8))
      #expect(pieces.last == "", "\(text.debugDescription) has no incomplete end")
    }
  }

  @Test func holdsBackIncompleteCharacters() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    let bytes = try ByteAlphabet.utf8.map { try #require(tokenizer.model.vocabulary.id(of: $0)) }
    var decoder = StreamingDecoder(tokenizer)
    let smile = Array("😀".utf8).map { bytes[Int($0)] }
    #expect(smile.map { decoder.append($0) } == ["", "", "", "😀"])
    #expect(decoder.append(smile[0]) == "" && decoder.append(bytes[0x61]) == "\u{FFFD}a")
    #expect(decoder.append(smile[0]) == "" && decoder.finish() == "\u{FFFD}" && decoder.finish() == "")
  }

  @Test func anyBytesJoinToTheWholeText() throws {
    let tokenizer = try Fixtures.tokenizer("gpt2")
    let bytes = try ByteAlphabet.utf8.map { try #require(tokenizer.model.vocabulary.id(of: $0)) }
    var state: UInt32 = 1
    for _ in 0..<500 {
      let ids = (0..<12).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return bytes[Int(state >> 24) | (state & 0x100 == 0 ? 0x80 : 0)]
      }
      var decoder = StreamingDecoder(tokenizer)
      let streamed = ids.map { decoder.append($0) }.joined() + decoder.finish()
      #expect(streamed == tokenizer.decode(ids))
    }
  }
}
