import Testing

@testable import Tokenizers

@Suite struct AddedTokenMatcherTests {
  @Test func theLongestMatchWins() {
    let matcher = matcher([token(0, "[IMG0]"), token(1, "[IMG0]x"), token(2, "[IMG"), token(3, "G0]y")])
    #expect(split("a[IMG0]xb", matcher) == ["a", "#1", "b"])
    #expect(split("[IMG0]y[IMG", matcher) == ["#0", "y", "#2"])
    #expect(split("", matcher) == [])
    #expect(split("[IM", matcher) == ["[IM"])
  }

  @Test func stripsAndMindsWords() {
    var left = token(0, "<l>")
    left.stripsLeft = true
    var right = token(1, "<r>")
    right.stripsRight = true
    var word = token(2, "end")
    word.isSingleWord = true
    let matcher = matcher([left, right, word])
    #expect(split("a \u{3000}<l> b", matcher) == ["a", "#0", " b"])
    #expect(split("a <r> \n<l>", matcher) == ["a ", "#1", "#0"])
    #expect(split("end ends bend \u{e9}end end", matcher) == ["#2", " ends bend \u{e9}end ", "#2"])
  }

  @Test func specialTokensMayStayText() {
    let matcher = matcher([AddedToken(id: 0, content: "<s>", isSpecial: true), token(1, "<n>")])
    #expect(split("<s><n>", matcher, parsesSpecial: false) == ["<s>", "#1"])
  }

  @Test func tokensThatNormalizeAlikeDoNotClash() {
    let matcher = AddedTokenMatcher([token(0, "Day"), token(1, "day"), token(2, "")], normalizer: .lowercase)
    #expect(split("a day", matcher).count == 2)
  }

  private func token(_ id: Int, _ content: String) -> AddedToken {
    AddedToken(id: id, content: content, isSpecial: false)
  }

  private func matcher(_ tokens: [AddedToken]) -> AddedTokenMatcher { AddedTokenMatcher(tokens) }

  private func split(_ text: String, _ matcher: AddedTokenMatcher, parsesSpecial: Bool = true) -> [String] {
    let bytes = Array(text.utf8)
    return matcher.split(bytes, parsesSpecial: parsesSpecial).map { part in
      switch part {
      case .token(let id): "#\(id)"
      case .text(let range): String(decoding: bytes[range], as: UTF8.self)
      }
    }
  }
}
