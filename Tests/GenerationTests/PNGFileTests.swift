import CPNG
import Foundation
import TestSupport
import Testing

@testable import Generation

@Suite struct PNGFileTests {
  private static let picture = Picture(
    width: 7, height: 5, pixels: (0..<7 * 5 * 3).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) })

  @Test func pixelsComeBack() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      try PNGFile.write(Self.picture, to: url, parameters: "a girl")
      #expect(try decodedPicture(at: url) == Self.picture)
      #expect(try PNGFile.read(url) == Self.picture)
      #expect(try Data(contentsOf: url).suffix(12).starts(with: [0, 0, 0, 0] + Data("IEND".utf8)))
      #expect(try Data(contentsOf: url).count < 200)
      #expect(try contents(of: folder) == ["a.png"])
    }
  }

  @Test(arguments: [(1, 1), (1, 300), (300, 1), (256, 256)])
  func sizesComeBack(_ width: Int, _ height: Int) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      let pixels = (0..<width * height * 3).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
      let picture = Picture(width: width, height: height, pixels: pixels)
      try PNGFile.write(picture, to: url)
      let read = try PNGFile.text(of: url)
      #expect((read.width, read.height) == (width, height))
      #expect(read.text.isEmpty)
      #expect(try decodedPicture(at: url) == picture)
    }
  }

  /// Latin-1 goes into tEXt, which every reader knows; the rest into iTXt.
  @Test(arguments: [
    ("a girl reading\nSteps: 30", "tEXt"), ("Café ÿ£", "tEXt"), ("naïve — dash", "iTXt"), ("👩🏽‍🚀 猫", "iTXt"),
    ("", "tEXt"), (String(repeating: "long ", count: 100_000), "tEXt"),
    (String(repeating: "長い", count: 50_000), "iTXt"),
  ])
  func textComesBack(_ text: String, _ chunk: String) throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      try PNGFile.write(Self.picture, to: url, parameters: text)
      #expect(try PNGFile.text(of: url).text == ["parameters": text])
      let data = try Data(contentsOf: url)
      for name in ["tEXt", "iTXt", "zTXt"] {
        #expect((data.range(of: Data((name + "parameters").utf8)) != nil) == (name == chunk), "\(name)")
      }
      #expect(try decodedPicture(at: url) == Self.picture)
    }
  }

  /// Some tools put their text after the pixels.
  @Test func textBehindThePixelsIsRead() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      try PNGFile.write(Self.picture, to: url, parameters: "a girl")
      var data = try Data(contentsOf: url)
      let start = try #require(data.range(of: Data("tEXt".utf8))).lowerBound - 4
      let chunk = data[start..<start + 12 + "parameters".utf8.count + 1 + "a girl".utf8.count]
      data.removeSubrange(chunk.startIndex..<chunk.endIndex)
      let end = try #require(data.range(of: Data("IEND".utf8))).lowerBound - 4
      data.insert(contentsOf: Data(chunk), at: end)
      try data.write(to: url)
      #expect(try PNGFile.text(of: url).text == ["parameters": "a girl"])
    }
  }

  // MARK: Bad files

  @Test func everyTruncationIsAnError() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      try PNGFile.write(Self.picture, to: url, parameters: "a girl")
      let data = try Data(contentsOf: url)
      let pixels = try #require(data.range(of: Data("IEND".utf8))).lowerBound - 4
      for count in 0..<data.count {
        try data.prefix(count).write(to: url)
        if count < pixels { #expect(throws: PNGError.self, "\(count)") { try PNGFile.read(url) } }
        #expect(throws: PNGError.self, "\(count) of \(data.count) bytes") { try PNGFile.text(of: url) }
      }
    }
  }

  /// Whatever one byte becomes, the file is read or refused.
  @Test func damagedBytesDoNoHarm() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      try PNGFile.write(Self.picture, to: url, parameters: "猫")
      let data = try Data(contentsOf: url)
      for index in data.indices {
        for flip: UInt8 in [1, 0x80, 0xFF] {
          var damaged = data
          damaged[index] ^= flip
          try damaged.write(to: url)
          do {
            let read = try PNGFile.text(of: url)
            #expect((read.width, read.height) == (7, 5))
            #expect(read.text.isEmpty || read.text == ["parameters": "猫"], "byte \(index)")
          } catch let error as PNGError {
            #expect(error.path == url.path && !error.reason.isEmpty)
            #expect(!error.description.contains("\n"))
          }
        }
      }
    }
  }

  @Test func otherFilesAreRefused() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      #expect(throws: PNGError.self) { try PNGFile.text(of: url) }
      #expect(throws: PNGError.self) { try PNGFile.text(of: folder) }
      #expect(throws: PNGError.self) { try PNGFile.read(folder) }
      for content in ["", "\n", "GIF89a", String(repeating: "x", count: 1000), "\u{89}PNG\r\n\u{1A}\n"] {
        try Data(content.utf8).write(to: url)
        #expect(throws: PNGError.self) { try PNGFile.text(of: url) }
      }
    }
  }

  // MARK: Bad destinations

  @Test func nothingIsLeftWhereNothingCanBeWritten() throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "file")
      try Data().write(to: file)
      let taken = folder.appending(path: "taken.png")
      try FileManager.default.createDirectory(
        at: taken.appending(path: "full"), withIntermediateDirectories: true)
      let long = String(repeating: "n", count: 300) + ".png"
      for path in ["missing/a.png", "file/a.png", "taken.png", long] {
        let url = folder.appending(path: path)
        #expect(throws: PNGError.self, "\(path)") { try PNGFile.write(Self.picture, to: url) }
      }
      #expect(try contents(of: folder) == ["file", "taken.png"])
      #expect(try contents(of: taken) == ["full"])
    }
  }

  @Test func aFullDiskLeavesTheOldPicture() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a.png")
      try PNGFile.write(Self.picture, to: url, parameters: "old")
      let empty = Picture(width: 0, height: 0, pixels: [])  // which PNG does not know
      #expect(throws: PNGError.self) { try PNGFile.write(empty, to: url, parameters: "new") }
      #expect(try PNGFile.text(of: url).text == ["parameters": "old"])
      #expect(try contents(of: folder) == ["a.png"])
    }
  }

  @Test func anOldPictureIsReplaced() throws {
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "a %20 #é.png")
      try PNGFile.write(Self.picture, to: url, parameters: "old")
      try PNGFile.write(Self.picture, to: url, parameters: "new")
      #expect(try PNGFile.text(of: url).text == ["parameters": "new"])
      #expect(try contents(of: folder) == ["a %20 #é.png"])
    }
  }
}
