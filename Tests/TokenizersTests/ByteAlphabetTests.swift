import Testing

@testable import Tokenizers

@Suite struct ByteAlphabetTests {
  @Test func everyByteHasItsOwnCharacter() {
    #expect(Set(ByteAlphabet.utf8).count == 256)
    #expect(ByteAlphabet.utf8[0x20] == Array("Ġ".utf8) && ByteAlphabet.utf8[0x0A] == Array("Ċ".utf8))
    for byte in UInt8.min...UInt8.max {
      var decoded: [UInt8] = []
      ByteAlphabet.appendDecoded(ByteAlphabet.utf8[Int(byte)][...], to: &decoded)
      #expect(decoded == [byte])
    }
  }

  @Test(arguments: ["a b", "的", "Ġ\u{301}", "\u{144}", "\u{AD}", "\n"]) func otherTokensStandForThemselves(
    token: String
  ) {
    var decoded: [UInt8] = [1]
    ByteAlphabet.appendDecoded(Array(token.utf8)[...], to: &decoded)
    #expect(decoded == [1] + Array(token.utf8))
  }
}
