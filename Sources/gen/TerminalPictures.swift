import ArgumentParser
import Foundation
import Generation

/// How a terminal is sent pictures.
enum TerminalPictures: String, CaseIterable, ExpressibleByArgument {
  case auto
  /// kitty's graphics protocol: the PNG file in base64.
  case kitty
  /// DEC's sixels: bands of six rows, a colour at a time.
  case sixel
  case none

  /// `auto` becomes what standard output's terminal is known to understand.
  func resolved(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> TerminalPictures {
    guard self == .auto else { return self }
    guard isatty(STDOUT_FILENO) == 1 else { return .none }
    return Self.known(environment)
  }

  static func known(_ environment: [String: String]) -> TerminalPictures {
    let (term, program) = (environment["TERM"] ?? "", environment["TERM_PROGRAM"] ?? "")
    if environment["KITTY_WINDOW_ID"] != nil || term.contains("kitty") || term.contains("ghostty")
      || ["WezTerm", "ghostty"].contains(program)
    {
      return .kitty
    }
    if term.contains("sixel") || ["foot", "mlterm", "contour"].contains(where: term.hasPrefix)
      || ["iTerm.app", "mintty"].contains(program)
    {
      return .sixel
    }
    return .none
  }

  /// What shows a PNG file; nil where nothing does.
  func escapeSequence(for file: URL) -> String? {
    switch self {
    case .auto, .none: nil
    case .kitty: (try? Data(contentsOf: file)).map(Self.kittySequence)
    case .sixel: (try? PNGFile.read(file)).map(Self.sixelSequence)
    }
  }

  static func kittySequence(_ png: Data) -> String {
    let encoded = Array(png.base64EncodedString().utf8)
    var sequence = ""
    for start in stride(from: 0, to: encoded.count, by: 4096) {
      let end = min(start + 4096, encoded.count)
      let keys = (start == 0 ? "a=T,f=100," : "") + "m=\(end < encoded.count ? 1 : 0)"
      sequence += "\u{1B}_G\(keys);\(String(decoding: encoded[start..<end], as: UTF8.self))\u{1B}\\"
    }
    return sequence
  }

  /// In a palette of 6×6×6 colours, which every terminal with sixels has room for.
  static func sixelSequence(_ picture: Picture) -> String {
    let (width, height) = (picture.width, picture.height)
    func level(_ value: UInt8) -> Int { (Int(value) * 5 + 127) / 255 }
    let indices: [Int] = (0..<width * height).map { pixel in
      let (red, green) = (level(picture.pixels[pixel * 3]), level(picture.pixels[pixel * 3 + 1]))
      return red * 36 + green * 6 + level(picture.pixels[pixel * 3 + 2])
    }
    var sequence = "\u{1B}P0;1q\"1;1;\(width);\(height)"
    for colour in Set(indices).sorted() {
      sequence += "#\(colour);2;\(colour / 36 * 20);\(colour / 6 % 6 * 20);\(colour % 6 * 20)"
    }
    for top in stride(from: 0, to: height, by: 6) {
      let rows = top..<min(top + 6, height)
      let band = indices[rows.lowerBound * width..<rows.upperBound * width]
      for colour in Set(band).sorted() {
        var columns = [UInt8](repeating: 63, count: width)
        for y in rows {
          for x in 0..<width where indices[y * width + x] == colour { columns[x] += 1 << (y - top) }
        }
        sequence += "#\(colour)" + runs(columns) + "$"
      }
      sequence += "-"
    }
    return sequence + "\u{1B}\\"
  }

  private static func runs(_ columns: [UInt8]) -> String {
    var text = ""
    var start = 0
    while start < columns.count {
      let end = columns[start...].firstIndex { $0 != columns[start] } ?? columns.count
      let character = String(UnicodeScalar(columns[start]))
      text +=
        end - start > 3 ? "!\(end - start)\(character)" : String(repeating: character, count: end - start)
      start = end
    }
    return text
  }
}
