import Testing

@testable import Tokenizers

@Suite struct SplitPatternTests {
  @Test(arguments: [
    (SplitPattern.gpt2, "I'm  10x\n\n it's", ["I", "'m", " ", " 10", "x", "\n\n", " it", "'s"]),
    (.gpt2, "IT'S a\u{301}", ["IT", "'", "S", " a", "\u{301}"]),
    (.llama3(digits: 3), "IT'S 12345\r\n  x", ["IT", "'S", " ", "123", "45", "\r\n", " ", " x"]),
    (.llama3(digits: 1), "(a12 !?\n\nb", ["(a", "1", "2", " !?\n\n", "b"]),
    (.llama3(digits: 3), "'ſ\u{3000}a \n b  ", ["'ſ", "\u{3000}a", " \n", " b", "  "]),
    (.clip, "it's 12 <|endoftext|>!!", ["it", "'s", "1", "2", "<|endoftext|>", "!!"]),
    (.numbers(atMost: 3), "a1234", ["123", "4"]),
    (.literal(["a", "b"]), "aabab", ["ab", "ab"]),
  ]) func findsMatches(pattern: SplitPattern, text: String, matches: [String]) {
    #expect(pieces(text, PreTokenizer(steps: [.split(pattern, keeping: .matches)])) == matches)
  }

  @Test func anUnknownExpressionHasNoScanner() {
    #expect(SplitPattern(regex: #"\w+"#) == nil)
    #expect(SplitPattern(regex: #"\p{N}"#) == .numbers(atMost: 1))
  }

  private func pieces(_ text: String, _ preTokenizer: PreTokenizer) -> [String] {
    let result = preTokenizer.pieces(of: ClassifiedText(text.unicodeScalars))
    return result.ranges.map { String(String.UnicodeScalarView(result.text.scalars[$0])) }
  }
}
