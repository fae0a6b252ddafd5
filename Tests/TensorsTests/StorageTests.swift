import Foundation
import Testing

@testable import Tensors

@Suite struct StorageTests {
  /// A path in a folder that is gone afterwards.
  func withPath(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "voken-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.appending(path: "file"))
  }

  func mappingError(_ url: URL) -> MappingError? {
    do throws(MappingError) {
      _ = try Storage(mapping: url)
      return nil
    } catch {
      return error
    }
  }

  @Test func mapsAFile() throws {
    try withPath { url in
      let bytes = (0..<10_001).map { UInt8(truncatingIfNeeded: $0 * 7) }
      try Data(bytes).write(to: url)
      let storage = try Storage(mapping: url)
      #expect(storage.byteCount == bytes.count && storage.isMapped)
      #expect(Array(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount)) == bytes)
    }
  }

  @Test func emptyFile() throws {
    try withPath { url in
      try Data().write(to: url)
      #expect(try Storage(mapping: url).byteCount == 0)
    }
  }

  @Test func missingFileAndDirectory() throws {
    try withPath { url in
      #expect(mappingError(url)?.code == ENOENT)
      #expect(mappingError(url)?.description.contains(url.path) == true)
      #expect(mappingError(url.deletingLastPathComponent())?.code == EISDIR)
    }
  }

  /// A pipe that nobody writes to is refused, not waited for; nor is a device read.
  @Test(.timeLimit(.minutes(1))) func pipesAndDevices() throws {
    try withPath { url in
      #expect(mkfifo(url.path, 0o600) == 0)
      let error = try #require(mappingError(url))
      #expect(error.code != EISDIR)
    }
    #expect(mappingError(URL(filePath: "/dev/zero")) != nil)
  }

  @Test(arguments: [0, 1, 63, 5000, 9 << 20]) func allocationsAreAligned(_ size: Int) {
    let storage = Storage(byteCount: size)
    #expect(storage.byteCount == size && UInt(bitPattern: storage.base) % 64 == 0)
    memset(storage.base, 1, size)
  }
}
