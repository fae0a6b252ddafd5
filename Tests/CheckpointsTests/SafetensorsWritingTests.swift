import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsWritingTests {
  /// The reference library's file, written again: the same tensors and metadata, and bytes that depend on them alone.
  @Test func whatIsWrittenIsReadAgain() throws {
    let original = try SafetensorsFile(contentsOf: Fixture.url("checkpoints/types.safetensors"))
    try withTemporaryFolder { folder in
      let url = folder.appending(path: "copy.safetensors")
      try SafetensorsFile.write(original.tensors, metadata: original.metadata, to: url)
      let copy = try SafetensorsFile(contentsOf: url)
      #expect(copy.metadata == original.metadata)
      #expect(copy.tensors.count == original.tensors.count)
      for (name, tensor) in original.tensors {
        let other = try #require(copy.tensors[name])
        #expect(other.dtype == tensor.dtype && other.shape == tensor.shape, "\(name)")
        #expect(other.withBytes(Array.init) == tensor.withBytes(Array.init), "\(name)")
      }
      let bytes = try Data(contentsOf: url)
      try SafetensorsFile.write(copy.tensors, metadata: copy.metadata, to: url)
      #expect(try Data(contentsOf: url) == bytes)
      #expect(try contents(of: folder) == ["copy.safetensors"])
    }
  }

  @Test func whatCannotBeWrittenLeavesNothing() throws {
    try withTemporaryFolder { folder in
      var random = SeededGenerator(seed: 1)
      let blocks = random.blocks(.q8_0, scales: 1, rows: 1, columns: 32)
      let file = folder.appending(path: "a.safetensors")
      #expect(message { try SafetensorsFile.write(["w": blocks], to: file) }?.contains("“w”") == true)
      let nowhere = folder.appending(path: "none/a.safetensors")
      #expect(
        message { try SafetensorsFile.write(["w": Tensor.zeros([1])], to: nowhere) }
          == "\(nowhere.path): No such file or directory")
      try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
      #expect(message { try SafetensorsFile.write(["w": Tensor.zeros([1])], to: file) } != nil)
      #expect(try contents(of: folder) == ["a.safetensors"])
    }
  }
}
