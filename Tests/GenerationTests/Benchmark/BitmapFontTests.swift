import Samplers
import Testing

@testable import Generation

@Suite struct BitmapFontTests {
  @Test func aLetter() {
    let lines = (0..<BitmapFont.height).map { row in
      String((0..<5).map { column in BitmapFont.dots("d").contains { $0 == (column, row) } ? "#" : "." })
    }
    #expect(lines == ["....#", "....#", ".##.#", "#..##", "#...#", "#...#", ".####"])
  }

  @Test func charactersFollowEachOther() {
    #expect(BitmapFont.dots("1 1").map(\.x).max() == BitmapFont.dots("1").map(\.x).max().map { $0 + 12 })
    #expect(BitmapFont.dots(" ").isEmpty)
  }

  /// No sampler's name needs a letter that the font lacks.
  @Test func samplersCanBeWritten() {
    let unknown = BitmapFont.dots("\u{1F98A}").map { [$0.x, $0.y] }
    for character in Set(SamplerCatalog.all.map(\.name).joined()) {
      #expect(BitmapFont.dots(String(character)).map { [$0.x, $0.y] } != unknown, "\(character)")
    }
  }
}
