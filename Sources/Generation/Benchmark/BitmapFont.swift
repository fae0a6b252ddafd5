/// A font of 5×7 dots for labels in pictures: lower-case letters, digits and what samplers' names have beside them.
enum BitmapFont {
  static let width = 6
  static let height = 7

  /// Seven rows from the top, each a digit in base 32 whose highest bit is the leftmost dot.
  private static let glyphs: [Character: String] = [
    " ": "0000000", "+": "044v440", "-": "000v000", "_": "000000v", ".": "00000cc",
    "0": "ehjlphe", "1": "4c4444e", "2": "eh1248v", "3": "v2421he", "4": "26aiv22", "5": "vgu11he",
    "6": "68guhhe",
    "7": "v124888", "8": "ehhehhe", "9": "ehhf12c",
    "a": "00e1fhf", "b": "ggmphhu", "c": "00eggge", "d": "11djhhf", "e": "00ehvge", "f": "698s888",
    "g": "0fhhf1e",
    "h": "ggmphhh", "i": "40c444e", "j": "20622ic", "k": "ggikoki", "l": "c44444e", "m": "00qllhh",
    "n": "00mphhh",
    "o": "00ehhhe", "p": "00uhugg", "q": "00djf11", "r": "00mpggg", "s": "00ege1u", "t": "88s8896",
    "u": "00hhhjd",
    "v": "00hhha4", "w": "00hhlla", "x": "00ha4ah", "y": "00hhf1e", "z": "00v248v",
  ]
  private static let unknown = "vhhhhhv"

  /// The dots of a line of text, as columns and rows from its top left.
  static func dots(_ text: String) -> [(x: Int, y: Int)] {
    text.lowercased().enumerated().flatMap { position, character in
      (glyphs[character] ?? unknown).enumerated().flatMap { row, digit in
        let bits = Int(String(digit), radix: 32) ?? 0
        return (0..<5).filter { bits >> (4 - $0) & 1 == 1 }.map { (x: position * width + $0, y: row) }
      }
    }
  }
}
