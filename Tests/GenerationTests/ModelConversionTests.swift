import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Generation

/// Converted models must draw what diffusers drew with the originals (`Tests/Fixtures/formats`, `Tests/Fixtures/pipeline`).
struct ModelConversionTests {
  private typealias Case = SingleFileTests.Case

  private static let families = ["sd1", "sd2", "sdxl", "refiner"]

  /// From checkpoint to folder, to safetensors and back to GGUF, in a type that holds every value.
  @Test(arguments: families) func aroundAllLayouts(_ family: String) throws {
    let example = try #require(Case.all.first { $0.family == family })
    try withTemporaryFolder { place in
      var model = Fixture.url("formats/\(family).ckpt")
      for (name, type) in [("folder", .f32), ("one.safetensors", .f16), ("other.gguf", .f16), ("back", nil)]
        as [(String, ModelConversion.ElementType?)]
      {
        let next = place.appending(path: name)
        try ModelConversion(ModelFiles(contentsOf: model), type: type).write(to: next)
        model = next
        try expect(
          TextToImagePipeline(ModelFiles(contentsOf: next)), example.request(),
          draws: "formats/\(example.expected)")
      }
      #expect(try contents(of: place) == ["back", "folder", "one.safetensors", "other.gguf"])
    }
  }

  /// The single files of an inpainting model and of one that embeds the guidance keep what makes them so.
  @Test func keepsTheKind() throws {
    try withTemporaryFolder { place in
      let lcm = place.appending(path: "lcm.safetensors")
      try LCMFolder.with { try ModelConversion(ModelFiles(contentsOf: $0), type: nil).write(to: lcm) }
      #expect(try ModelFiles(contentsOf: lcm).unetConfiguration.timeConditionWidth == 16)
      let inpainting = place.appending(path: "inpainting")
      try ModelConversion(ModelFiles(contentsOf: Fixture.url("formats/inpainting.ckpt")), type: .f16)
        .write(to: inpainting)
      #expect(try ModelFiles(contentsOf: inpainting).unetConfiguration.inChannels == 9)
    }
  }

  /// Every matrix in blocks and nothing else; the same names and shapes as in safetensors.
  @Test(arguments: [ModelConversion.ElementType.q8_0, .q4_0]) func blocks(_ type: ModelConversion.ElementType)
    throws
  {
    try withTemporaryFolder { place in
      let model = try ModelFiles(contentsOf: Fixture.url("formats/sdxl.ckpt"))
      let (gguf, plain) = (place.appending(path: "a.gguf"), place.appending(path: "a.safetensors"))
      try ModelConversion(model, type: type).write(to: gguf)
      try ModelConversion(model, type: .f32).write(to: plain)
      let written = try GGUFFile(contentsOf: gguf).tensors
      let expected = try SafetensorsFile(contentsOf: plain).tensors
      #expect(written.mapValues(\.shape) == expected.mapValues { $0.shape.isEmpty ? [1] : $0.shape })
      for (name, tensor) in written {
        let isMatrix =
          tensor.shape.count == 2
          && !["embedding", "time_embed.", "label_emb."].contains { name.contains($0) }
        #expect(isMatrix == (tensor.dtype.blockSize == 32), "\(name) \(tensor.dtype)")
        guard isMatrix, let exact = expected[name] else { continue }
        // Half a level of 127, or all of the last of 8 where the largest value is positive twice.
        expectClose(tensor.float32(), exact, type == .q8_0 ? 0.005 : 0.126, name)
      }
      let run = try Run(
        TextToImagePipeline(ModelFiles(contentsOf: gguf)), shortRequest { ($0.width, $0.height) = (64, 64) })
      #expect(run.pictures.count == 1)
    }
  }

  /// v-prediction is written down, so that a file of SD 2's layout that predicts noise is not taken for one that does not.
  @Test func thePredictionIsKept() throws {
    try withTemporaryFolder { place in
      let folder = place.appending(path: "folder")
      try ModelConversion(ModelFiles(contentsOf: Fixture.url("formats/sd2.ckpt")), type: nil).write(
        to: folder)
      let file = folder.appending(path: "scheduler/scheduler_config.json")
      let changed = try String(contentsOf: file, encoding: .utf8).replacing("v_prediction", with: "epsilon")
      try Data(changed.utf8).write(to: file)
      for name in ["a.gguf", "a.safetensors"] {
        let single = place.appending(path: name)
        try ModelConversion(ModelFiles(contentsOf: folder), type: nil).write(to: single)
        #expect(try ModelFiles(contentsOf: single).scheduler.predictionType == .epsilon)
      }
    }
  }

  /// A folder of another kind keeps everything that is not a network's.
  @Test func signalTokenFolders() throws {
    try ModelFolder.with("signal") { model in
      try withTemporaryFolder { place in
        let copy = place.appending(path: "copy")
        try ModelConversion(ModelFiles(contentsOf: model.url), type: .f32).write(to: copy)
        #expect(try contents(of: copy) == contents(of: model.url))
        let example = try #require(PipelineCase.all.first { $0.folder == "signal" })
        try expect(
          TextToImagePipeline(folder: copy), example.request, draws: "pipeline/\(example.expected)")
      }
    }
  }

  @Test func refusals() throws {
    let model = try ModelFiles(contentsOf: Fixture.url("formats/sd1.ckpt"))
    try withTemporaryFolder { place in
      func fault(_ name: String, _ type: ModelConversion.ElementType? = nil, _ model: ModelFiles) -> String {
        message { try ModelConversion(model, type: type).write(to: place.appending(path: name)) } ?? ""
      }
      #expect(fault("a.safetensors", .q8_0, model).contains("need a .gguf"))
      #expect(fault("folder", .q4_0, model).contains("need a .gguf"))
      #expect(fault("a.ckpt", nil, model).contains("pickles are not written"))
      #expect(fault("missing/a.gguf", nil, model).contains("No such file"))
      // Four heads and eight groups: nothing in a single file would say so.
      let tiny = try ModelFiles(contentsOf: Fixture.url("pipeline/sd1"))
      #expect(fault("a.safetensors", nil, tiny).contains("convert it to a folder"))
      #expect(try contents(of: place) == [])
      try Data().write(to: place.appending(path: "a.gguf"))
      #expect(fault("a.gguf", nil, model).contains("--force"))
      try ModelConversion(model, type: .q8_0).write(to: place.appending(path: "a.gguf"), replaces: true)
      #expect(try contents(of: place) == ["a.gguf"])
    }
  }

  /// Stopped in the middle, nothing is left.
  @Test func stopping() throws {
    let model = try ModelFiles(contentsOf: Fixture.url("formats/sd1.ckpt"))
    try withTemporaryFolder { place in
      for name in ["a.gguf", "a.safetensors", "folder"] {
        #expect(throws: CancellationError.self) {
          try ModelConversion(model, type: .f16).write(to: place.appending(path: name)) { written, _ in
            if written == 20 { throw CancellationError() }
          }
        }
      }
      let left = try contents(of: place)
      #expect(left == [])
    }
  }
}
