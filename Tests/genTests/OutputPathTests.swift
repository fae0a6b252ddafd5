import Foundation
import TestSupport
import Testing

@testable import gen

@Suite struct OutputPathTests {
  @Test(arguments: [
    ("a.png", ["a.png", "a_2.png", "a_3.png"]), ("x_%03d.png", ["x_001.png", "x_002.png", "x_003.png"]),
    ("%d.png", ["1.png", "2.png", "3.png"]), ("f%d/a.png", ["f1/a.png", "f2/a.png", "f3/a.png"]),
    ("100%.png", ["100%.png", "100%_2.png", "100%_3.png"]), ("%x.PNG", ["%x.PNG", "%x_2.png", "%x_3.png"]),
    ("%09d.png", ["000000001.png", "000000002.png", "000000003.png"]),
  ])
  func names(_ pattern: String, _ names: [String]) throws {
    let path = try OutputPath(pattern)
    #expect((0..<3).map { path.url($0).relativePath } == names)
  }

  @Test(arguments: ["", "a", "a.jpg", "a.png/", "png", "a.png "]) func otherFormatsAreRefused(
    _ pattern: String
  ) {
    #expect(throws: UsageError.self) { try OutputPath(pattern) }
  }

  @Test func checkingLeavesNothing() throws {
    try withTemporaryFolder { folder in
      let path = try OutputPath(folder.appending(path: "a_%d.png").path)
      #expect(throws: Never.self) { try path.checkWritable(count: 3) }
      #expect(try contents(of: folder) == [])
    }
  }
}
