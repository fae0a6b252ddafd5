import Foundation
import TestSupport
import Testing

@testable import Generation
@testable import gen

@Suite struct ChatTests {
  /// Runs `gen chat` with lines on its standard input.
  private func chat(_ model: ModelFolder, _ place: Workplace, _ lines: String, _ arguments: [String] = [])
    throws -> (
      status: Int32, output: String, errors: String
    )
  {
    let input = place.folder.appending(path: "input.txt")
    try Data(lines.utf8).write(to: input)
    let process = Process()
    process.executableURL = try Gen.executable
    process.arguments = ["chat", "-m", model.url.path, "--steps", "1", "--tokens", "8"] + arguments
    process.currentDirectoryURL = place.folder
    process.standardInput = try FileHandle(forReadingFrom: input)
    let (output, errors) = (place.folder.appending(path: "out.txt"), place.folder.appending(path: "err.txt"))
    try Data().write(to: output)
    try Data().write(to: errors)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self),
      String(decoding: try Data(contentsOf: errors), as: UTF8.self)
    )
  }

  @Test func answersLineByLine() throws {
    try ModelFolder.thatAsks { model in
      try Workplace.with { place in
        let run = try chat(model, place, "a fox\n\n/new\na fox\n", ["--force-images"])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output.contains("chat/001.png\n") && run.output.contains("chat/002.png\n"))
        #expect(!run.output.contains("\u{1B}"))
        #expect(try contents(of: place.folder.appending(path: "chat")) == ["001.png", "002.png"])
        let quit = try chat(model, place, "/quit\na fox\n")
        #expect(quit.status == 0 && quit.output == "")
        let none = try chat(model, place, "")
        #expect(none.status == 0 && none.output == "" && none.errors == "")
        let long = try chat(model, place, String(repeating: "7 ", count: 500) + "\n")
        #expect(long.status == 1 && long.errors.contains("context is 256"), "\(long.errors)")
        let wrong = try chat(model, place, "a\n", ["--inline", "telex"])
        #expect(wrong.status == 64)
      }
    }
  }

  @Test func picturesInTheTerminal() throws {
    try ModelFolder.thatAsks { model in
      try Workplace.with { place in
        let run = try chat(model, place, "a fox\n", ["--force-images", "--inline", "kitty"])
        #expect(run.output.contains("\u{1B}_Ga=T,f=100,m="))
      }
    }
  }
}

@Suite struct TerminalPicturesTests {
  @Test func knownTerminals() {
    #expect(TerminalPictures.known(["TERM": "xterm-kitty"]) == .kitty)
    #expect(TerminalPictures.known(["TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"]) == .kitty)
    #expect(TerminalPictures.known(["TERM": "foot-extra"]) == .sixel)
    #expect(TerminalPictures.known(["TERM": "dumb"]) == .none)
    #expect(TerminalPictures.known([:]) == .none)
  }

  @Test(arguments: [0, 1, 3071, 3072, 3073, 10_000]) func kittyCarriesTheFile(_ size: Int) throws {
    let file = Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let chunks = TerminalPictures.kittySequence(file).components(separatedBy: "\u{1B}\\").dropLast()
    var encoded = ""
    for (index, chunk) in chunks.enumerated() {
      let parts = chunk.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
      #expect(parts[0].hasSuffix(index == chunks.count - 1 ? "m=0" : "m=1"))
      #expect(parts[0].hasPrefix(index == 0 ? "\u{1B}_Ga=T,f=100," : "\u{1B}_Gm="))
      #expect(parts[1].utf8.count <= 4096)
      encoded += parts[1]
    }
    #expect(Data(base64Encoded: encoded) == file)
  }

  /// A reader of sixels, by the manual of the VT340: what it draws is the picture in 6 levels a channel.
  @Test(arguments: [(1, 1), (7, 5), (12, 13), (200, 6)]) func sixelsAreThePicture(_ width: Int, _ height: Int)
    throws
  {
    var random = SeededGenerator(seed: UInt64(width))
    let pixels = (0..<width * height).flatMap { i -> [UInt8] in
      i % 5 < 3 ? [255, 0, 40] : (0..<3).map { _ in UInt8(random.int(0...255)) }
    }
    let text = TerminalPictures.sixelSequence(Picture(width: width, height: height, pixels: pixels))
    var body = Array(text.dropFirst("\u{1B}P0;1q".count).dropLast(2).utf8)[...]
    func number() -> Int {
      let digits = body.prefix { (48...57).contains($0) }
      body = body.dropFirst(digits.count)
      return Int(String(decoding: digits, as: UTF8.self)) ?? -1
    }
    func numbers() -> [Int] {
      var list = [number()]
      while body.first == UInt8(ascii: ";") {
        body = body.dropFirst()
        list.append(number())
      }
      return list
    }
    var palette: [Int: [Int]] = [:]
    var drawn = [[Int]](repeating: [], count: width * height)
    var (x, y, colour) = (0, 0, 0)
    while let byte = body.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): #expect(numbers() == [1, 1, width, height])
      case UInt8(ascii: "#"):
        let list = numbers()
        colour = list[0]
        if list.count == 5 { palette[colour] = Array(list[2...]) }
      case UInt8(ascii: "$"): x = 0
      case UInt8(ascii: "-"): (x, y) = (0, y + 6)
      default:
        var (count, sixel) = (1, byte)
        if byte == UInt8(ascii: "!") {
          count = number()
          sixel = body.popFirst() ?? 63
        }
        for _ in 0..<count {
          for bit in 0..<6 where (sixel - 63) >> bit & 1 == 1 {
            drawn[(y + bit) * width + x] = palette[colour] ?? []
          }
          x += 1
        }
      }
    }
    let expected = (0..<width * height).map { i in
      (0..<3).map { Int((Float(pixels[i * 3 + $0]) / 51).rounded()) * 20 }
    }
    #expect(drawn == expected)
  }
}
