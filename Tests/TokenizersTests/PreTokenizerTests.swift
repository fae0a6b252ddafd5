import Testing

@testable import Tokenizers

@Suite struct PreTokenizerTests {
  private let numbers = SplitPattern.numbers(atMost: 2)

  @Test func keepsWhatItIsTold() {
    #expect(pieces("a123b", [.split(numbers, keeping: .everything)]) == ["a", "12", "3", "b"])
    #expect(pieces("a123b", [.split(numbers, keeping: .matches)]) == ["12", "3"])
    #expect(pieces("a123b", [.split(numbers, keeping: .gaps)]) == ["a", "b"])
    #expect(pieces("", [.split(numbers, keeping: .everything), .prefixSpace]) == [])
  }

  @Test func prefixesEachPiece() {
    #expect(
      pieces("a1 b", [.split(.numbers(atMost: 1), keeping: .everything), .prefixSpace]) == [" a", " 1", " b"])
  }

  @Test func laterStepsSeeOnePieceAtATime() {
    let steps: [PreTokenizer.Step] = [
      .split(.numbers(atMost: 1), keeping: .everything), .split(.gpt2, keeping: .everything),
    ]
    #expect(pieces("a  1", steps) == ["a", "  ", "1"])
    #expect(pieces("a  1", [steps[1]]) == ["a", " ", " 1"])
  }

  private func pieces(_ text: String, _ steps: [PreTokenizer.Step]) -> [String] {
    let result = PreTokenizer(steps: steps).pieces(of: ClassifiedText(text.unicodeScalars))
    return result.ranges.map { String(String.UnicodeScalarView(result.text.scalars[$0])) }
  }
}
