import Foundation
import Testing

@testable import Tokenizers

@Suite struct SentencePieceFileTests {
  private func bytes(_ kind: String) throws -> [UInt8] {
    Array(try Data(contentsOf: Fixtures.folder.appendingPathComponent("\(kind)/tokenizer.model")))
  }

  @Test func readsWhatTheModelSays() throws {
    let file = try SentencePieceFile(bytes("sp-vicuna"))
    #expect(file.pieces.count == 620 && file.fallsBackToBytes && file.addsPrefix && !file.removesExtraSpaces)
    #expect(file.pieces[3].text == "<0x00>" && file.pieces[3].kind == .byte)
    #expect((file.unknownID, file.bosID, file.eosID, file.padID) == (0, 1, 2, -1))
    #expect(try SentencePieceFile(bytes("sp-spaces")).removesExtraSpaces)
  }

  @Test func noPrefixCrashes() throws {
    let file = try bytes("sp-spaces")
    for length in stride(from: 0, to: file.count, by: 13) {
      if let tokenizer = try? Tokenizer(sentencePiece: Array(file[..<length])) {
        _ = tokenizer.encode("a girl")
      }
    }
    #expect(throws: TokenizerError.self) { try Tokenizer(sentencePiece: []) }
    #expect(throws: TokenizerError.self) { try Tokenizer(sentencePiece: Array(file[..<1000])) }
  }

  @Test func noChangedByteCrashes() throws {
    let file = try bytes("sp-spaces")
    var state: UInt32 = 9
    for _ in 0..<300 {
      var changed = file
      for _ in 0..<4 {
        state = state &* 1_664_525 &+ 1_013_904_223
        changed[Int(state >> 8) % file.count] = UInt8(truncatingIfNeeded: state >> 3)
      }
      if let tokenizer = try? Tokenizer(sentencePiece: changed) {
        _ = tokenizer.encode("Straße <s> 12 [IMG0]")
      }
    }
  }

  /// One field each: length beyond the file, endless number, group, field 0, piece of a wrong kind, not UTF-8, infinite
  /// score, the same piece twice, a unigram model, a character map.
  @Test(
    arguments: [
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0x0A] + Array(repeating: 0xFF, count: 12), [0x0B], [0x02, 0x00],
      [0x0A, 0x05, 0x0A, 0x01, 0x61, 0x18, 0x09], [0x0A, 0x03, 0x0A, 0x01, 0xFF],
      [0x0A, 0x08, 0x0A, 0x01, 0x61, 0x15, 0, 0, 0x80, 0x7F], [0x0A, 0x02, 0x0A, 0x00],
      [0x0A, 0x03, 0x0A, 0x01, 0x61, 0x0A, 0x03, 0x0A, 0x01, 0x61], [0x12, 0x02, 0x18, 0x01],
      [0x1A, 0x03, 0x12, 0x01, 0x00], [0x12, 0x02, 0x40, 0x63],
    ] as [[UInt8]])
  func impossibleFieldsAreErrors(_ fields: [UInt8]) throws {
    // <unk> first, byte-pair encoding; then what is wrong.
    let good: [UInt8] =
      [0x0A, 0x09, 0x0A, 0x05] + Array("<unk>".utf8) + [0x18, 0x02, 0x12, 0x02, 0x18, 0x02]
    _ = try Tokenizer(sentencePiece: good)
    let tail: [UInt8] = fields == [0x12, 0x02, 0x40, 0x63] ? [0x12, 0x03, 0xC0, 0x02, 0x07] : fields
    let error = try #require(throws: TokenizerError.self) { try Tokenizer(sentencePiece: good + tail) }
    #expect(!error.description.contains("\n"))
  }
}
