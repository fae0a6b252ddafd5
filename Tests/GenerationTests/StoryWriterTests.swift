import Testing

@testable import Generation

@Suite struct StoryWriterTests {
  @Test(arguments: [
    ("", ""), ("   \n", ""), ("One. Two three.", "Two three."), ("One.\n\nTwo\n", "Two"), ("One. Two", "Two"),
    ("He paid 3.50 for it!", "He paid 3.50 for it!"), ("“No!” she said. \n", "she said."),
    ("A…  b\tc", "b c"),
    ("...", ""), ("What? ...", "What?"),
  ])
  func theLastSentence(_ text: String, _ sentence: String) {
    #expect(lastSentence(of: text) == sentence)
  }

  @Test func longSentencesAreCut() {
    #expect(lastSentence(of: String(repeating: "a", count: 10_000)).count == 200)
  }
}
