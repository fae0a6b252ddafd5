import Testing

@testable import Tokenizers

@Suite struct JSONParserTests {
  @Test func readsEveryKindOfValue() throws {
    let text = #" { "a" : [ 1 , -2.5e1 , "x\n\u00e9\ud83d\ude00\/" , true , false , null , {} , [ ] ] } "#
    let root = try JSONParser.parse(Array(text.utf8), file: "f")
    let items = try root["a"].array()
    #expect(try items[0].integer() == 1)
    guard case .number(-25) = items[1].value else { throw items[1].wrong("-25") }
    #expect(try items[2].string() == "x\né😀/")
    #expect(try items[3].bool(default: false) && !items[4].bool(default: true))
    #expect(try items[5].isNull && items[6].members().isEmpty && items[7].array().isEmpty)
    #expect(root["no"]["where"].path == "no.where")
  }

  @Test func tokensThatAreCanonicallyEquivalentStayApart() throws {
    let root = try JSONParser.parse(Array("{\"\u{e9}\":1,\"e\u{301}\":2}".utf8), file: "f")
    let members = try root.members()
    #expect(members.count == 2)
    var vocabulary = Vocabulary(minimumCapacity: 2)
    for (index, member) in members.enumerated() { try vocabulary.insert(member.key, id: index) }
    #expect(vocabulary.id(of: "\u{e9}") == 0 && vocabulary.id(of: "e\u{301}") == 1)
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "\"", "\"\\", "\"\\x\"",
    "\"\\u12\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\u{1}\"", "tru", "nan", "1e999", "-", "1 1", "[]]",
  ]) func wrongTextIsAnError(text: String) {
    #expect(throws: TokenizerError.self) { try JSONParser.parse(Array(text.utf8), file: "f") }
  }

  @Test func textThatIsNotUTF8IsAnError() {
    #expect(throws: TokenizerError.malformedJSON(file: "f", offset: 3, reason: "string is not UTF-8")) {
      try JSONParser.parse([0x22, 0xFF, 0x22], file: "f")
    }
  }
}
