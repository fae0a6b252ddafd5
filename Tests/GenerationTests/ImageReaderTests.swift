import Foundation
import LanguageModels
import Projectors
import Tensors
import TestSupport
import Testing

@testable import Generation

@Suite struct ImageReaderTests {
  /// A model folder with an image encoder and one of the projectors.
  private func withReader<R>(_ projector: String, _ body: (ModelFolder) throws -> R) throws -> R {
    try ModelFolder.with("signal-minigpt5") { folder in
      try FileManager.default.copyItem(
        at: Fixture.url("images/image_encoder"), to: folder.url.appending(path: "image_encoder"))
      try FileManager.default.copyItem(
        at: Fixture.url("images/\(projector)"), to: folder.url.appending(path: "input_projector"))
      return try body(folder)
    }
  }

  @Test(arguments: ["linear", "mlp", "pooled", "qformer", "qformer-original"])
  func readsPicturesAsTheReference(_ projector: String) throws {
    try withReader(projector) { folder in
      let reader = try ImageReader(folder: folder.url)
      let rows = try reader(PNGFile.read(Fixture.url("images/picture-0.png")))
      expectClose(
        rows, try #require(Fixture.tensors("images/\(projector).safetensors")["rows"]), 1e-5, projector)
    }
  }

  @Test func documentsDrawAsTheReference() throws {
    let expected = try Fixture.tensors("images/document.safetensors")
    try withReader("linear") { folder in
      let document = try InterleavedPrompt(markdown: Fixture.url("images/document.md"))
      let projector = try loadProjector(folder: folder.url.appending(path: "projector"))
      let template = try PromptTemplate(projector.configuration.promptTemplate)
      let model = try LanguageModel(contentsOf: folder.url.appending(path: "llm"))
      let reader = try ImageReader(folder: folder.url)
      let text = try model.embeddings(of: template.filled(document), reader: reader)
      expectClose(text, try #require(expected["text"]), 1e-5, "rows")
      let signals = try SignalTokenEncoder.signals(projector, model)
      let states = try signals.states(after: text, model: model)
      let conditioning = try projector(
        states.reshaped([1] + states.shape), inputEmbeddings: signals.embeddings)
      expectClose(conditioning, try #require(expected["conditioning"]), 1e-5, "conditioning")

      var request = GenerationRequest(prompt: document.text)
      request.document = document
      (request.stepCount, request.seed, request.guidanceScale) = (5, 3, 5)
      try expect(TextToImagePipeline(folder: folder.url), request, draws: "images/document.png")
    }
  }

  @Test func textAloneIsAnOrdinaryPrompt() throws {
    try ModelFolder.with("signal") { folder in
      let pipeline = try TextToImagePipeline(folder: folder.url)
      var request = shortRequest()
      let plain = try Run(pipeline, request).pictures[0].picture
      request.document = InterleavedPrompt(text: request.prompt)
      #expect(try Run(pipeline, request).pictures[0].picture == plain)
    }
  }

  @Test(arguments: ["signal", "sd1"]) func withoutAnEncoderPicturesAreAnError(_ name: String) throws {
    try ModelFolder.with(name) { folder in
      var request = shortRequest()
      request.document = InterleavedPrompt([
        .text("a"), .picture(Picture(width: 1, height: 1, pixels: [1, 2, 3])),
      ])
      let text = message { _ = try Run(TextToImagePipeline(folder: folder.url), request) }
      #expect(text?.contains("image encoder") == true, "\(text ?? "drew")")
    }
  }

  @Test func partsThatDoNotFit() throws {
    for (file, settings, word) in [
      ("input_projector/config.json", ["llm_hidden_size": 48], "weight"),
      ("image_encoder/config.json", ["image_size": 64], "position_embedding"),
      ("image_encoder/preprocessor_config.json", ["crop_size": 16], "16x16"),
      ("input_projector/config.json", ["feature_layer": -9], "-9"),
    ] as [(String, [String: Any], String)] {
      try withReader("linear") { folder in
        try folder.change(file, settings)
        let text = message {
          let reader = try ImageReader(folder: folder.url)
          _ = try reader(Picture(width: 40, height: 40, pixels: [UInt8](repeating: 0, count: 4800)))
        }
        #expect(text?.contains(word) == true && text?.contains("\n") == false, "\(text ?? "read")")
      }
    }
    try withReader("linear") { folder in
      try folder.putNaN(into: "model.mm_projector.weight", of: "input_projector/model.safetensors")
      #expect(throws: (any Error).self) { try ImageReader(folder: folder.url) }
    }
  }
}
