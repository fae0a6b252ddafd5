import Foundation
import TestSupport
import Testing

@testable import Alignment

@Suite struct CaptionsTests {
  private static func read(_ data: Data) throws -> Captions {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "captions.txt")
      try data.write(to: file)
      return try Captions(contentsOf: file)
    }
  }

  @Test func linesAreCaptions() throws {
    let captions = try Self.read(Data("\u{FEFF}a cat\r\n\n  a dog \na cat\nein Bär".utf8))
    #expect(captions.all.map(\.text) == ["a cat", "a dog", "ein Bär"])
    #expect(captions.all.map(\.line) == [1, 3, 5])
  }

  @Test func whatHoldsNoCaptionsIsNamed() throws {
    for (text, words) in [
      ("", "holds no captions"), (" \n\n", "holds no captions"), ("a cat\na cat\n", "one caption"),
    ] {
      #expect(message { _ = try Self.read(Data(text.utf8)) }?.contains(words) == true, "\(text)")
    }
    let damaged = Data("a cat\na ".utf8) + [0xC3, 0x28] + Data("\n".utf8)
    #expect(message { _ = try Self.read(damaged) }?.contains("line 2 is not UTF-8") == true)
    #expect(message { _ = try Self.read(Data("a\0b\nc".utf8)) }?.contains("line 1 is not UTF-8") == true)
    for path in ["/nowhere/captions.txt", "/", "/dev/null"] {
      #expect(message { _ = try Captions(contentsOf: URL(filePath: path)) }?.contains(path) == true)
    }
  }
}
