import Testing

@testable import Tokenizers

@Suite struct VocabularyTests {
  @Test func growsAndFindsEveryToken() throws {
    var vocabulary = Vocabulary(minimumCapacity: 0)
    for id in 0..<5000 { try vocabulary.insert("t\(id)", id: 2 * id) }
    #expect(vocabulary.count == 9999)
    for id in 0..<5000 {
      #expect(vocabulary.id(of: "t\(id)") == 2 * id && vocabulary.token(of: 2 * id) == "t\(id)")
      #expect(vocabulary.token(of: 2 * id + 1) == nil)
    }
    #expect(vocabulary.id(of: "t5000") == nil && vocabulary.id(of: "") == nil)
  }

  @Test func refusesWhatIsTakenOrImpossible() throws {
    var vocabulary = Vocabulary(minimumCapacity: 2)
    try vocabulary.insert("a", id: 0)
    #expect(throws: TokenizerError.duplicateID(id: 0, first: "a", second: "b")) {
      try vocabulary.insert("b", id: 0)
    }
    #expect(throws: TokenizerError.duplicateToken(token: "a")) { try vocabulary.insert("a", id: 1) }
    #expect(throws: TokenizerError.invalidID(token: "b", id: -1)) { try vocabulary.insert("b", id: -1) }
    #expect(throws: TokenizerError.invalidID(token: "b", id: 1 << 40)) {
      try vocabulary.insert("b", id: 1 << 40)
    }
  }
}
