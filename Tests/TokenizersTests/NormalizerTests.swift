import Testing

@testable import Tokenizers

@Suite struct NormalizerTests {
  struct Reference: Decodable {
    var texts: [String]
    var NFC: [String]
    var NFD: [String]
    var Lowercase: [String]
  }

  @Test func normalizesAsTheReference() throws {
    let reference = try Fixtures.decode(Reference.self, "normalized.json")
    for (index, text) in reference.texts.enumerated() {
      #expect(scalars(Normalizer.nfc(text)) == scalars(reference.NFC[index]))
      #expect(scalars(Normalizer.nfd(text)) == scalars(reference.NFD[index]))
      #expect(scalars(Normalizer.lowercase(text)) == scalars(reference.Lowercase[index]))
    }
  }

  @Test(.timeLimit(.minutes(1))) func manyMarksAreNoTrap() {
    for marks in ["\u{301}\u{323}", "\u{F73}\u{F71}", "\u{344}\u{323}"] {
      let text = "e" + String(repeating: marks, count: 100_000)
      #expect(Normalizer.nfc(text).unicodeScalars.count >= 100_000)
    }
  }

  @Test func replacesSpacesAndStrips() {
    #expect(Normalizer.replaceSpaces(with: " ")("\u{3000}a \n\u{A0}b\t") == " a b ")
    #expect(Normalizer.strip(left: true, right: true)(" \n a b\u{2003} ") == "a b")
    #expect(Normalizer.strip(left: false, right: true)(" ") == "")
    #expect(Normalizer.replace(" ", with: "▁")("a  b") == "a▁▁b")
    #expect(Normalizer.sequence([.prepend("▁"), .lowercase])("A") == "▁a")
    #expect(Normalizer.prepend("▁")("") == "")
  }

  private func scalars(_ text: String) -> [Unicode.Scalar] { Array(text.unicodeScalars) }
}
