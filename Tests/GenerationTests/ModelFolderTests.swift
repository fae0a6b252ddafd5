import Foundation
import TestSupport
import Testing

@testable import Generation

/// Folders that cannot be used: an error that names the file, never a crash and never a picture.
@Suite struct ModelFolderTests {
  /// What loading a folder and drawing with it says; nil if there is a picture.
  private func fault(_ name: String, _ damage: (ModelFolder) throws -> Void) throws -> String? {
    try ModelFolder.with(name) { folder in
      try damage(folder)
      return message { _ = try Run(TextToImagePipeline(folder: folder.url), shortRequest()) }
    }
  }

  private func expectFault(
    _ name: String, naming words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    _ damage: (ModelFolder) throws -> Void
  ) throws {
    let message = try fault(name, damage)
    let text = try #require(message, "a picture was made", sourceLocation: sourceLocation)
    for word in words {
      #expect(text.contains(word), "“\(text)” does not name \(word)", sourceLocation: sourceLocation)
    }
    #expect(!text.contains("\n"), "“\(text)”", sourceLocation: sourceLocation)
  }

  private static let files = [
    "signal": [
      "model_index.json", "scheduler/scheduler_config.json", "unet/config.json",
      "unet/diffusion_pytorch_model.safetensors", "vae/config.json",
      "vae/diffusion_pytorch_model.safetensors",
      "projector/config.json", "projector/model.safetensors", "llm/config.json", "llm/model.safetensors",
      "llm/tokenizer.json",
    ],
    "sd1": ["text_encoder/config.json", "text_encoder/model.safetensors"],
  ]
  static let all: [(String, String)] = files.flatMap { name, files in files.map { (name, $0) } }
  static let weights = all.filter { $0.1.hasSuffix(".safetensors") }

  @Test func undamagedFoldersDraw() throws {
    for name in Self.files.keys { #expect(try fault(name) { _ in } == nil) }
  }

  @Test func thereIsNoFolder() {
    #expect(throws: GenerationError.notAModel("/nowhere/model")) {
      try TextToImagePipeline(folder: URL(filePath: "/nowhere/model"))
    }
  }

  @Test(arguments: all) func missingFiles(_ name: String, _ file: String) throws {
    try expectFault(name, naming: String(file.split(separator: "/")[0])) { try $0.remove(file) }
  }

  @Test(arguments: ["scheduler", "unet", "vae", "projector", "llm"]) func missingFolders(_ part: String)
    throws
  {
    try expectFault("signal", naming: part) { try $0.remove(part) }
  }

  @Test(arguments: ["tokenizer", "text_encoder"]) func missingFoldersOfTheTextEncoder(_ part: String) throws {
    for name in ["sd1", "signal-gill"] { try expectFault(name, naming: part) { try $0.remove(part) } }
  }

  @Test(arguments: all) func truncatedFiles(_ name: String, _ file: String) throws {
    let url = Fixture.url("pipeline/\(name)/\(file)")
    let size = try Data(contentsOf: url).count
    for count in [0, 1, 7, 8, 9, size / 2, size - 1] {
      // The last byte of a JSON file may be a line's end.
      if file.hasSuffix(".json"), count == size - 1 { continue }
      try expectFault(name) { try $0.truncate(file, to: count) }
    }
  }

  @Test(arguments: all) func otherContent(_ name: String, _ file: String) throws {
    for text in ["[]", "null", "{}x", "\u{0}", String(repeating: "[", count: 100_000)] {
      try expectFault(name) { try $0.write(text, to: file) }
    }
    try expectFault(name) { try $0.write(Data(repeating: 0xFF, count: 64), to: file) }
  }

  @Test(arguments: [
    ("signal", "unet/diffusion_pytorch_model.safetensors", "conv_in.weight"),
    ("signal", "unet/diffusion_pytorch_model.safetensors", "mid_block.resnets.1.norm2.bias"),
    ("signal", "vae/diffusion_pytorch_model.safetensors", "decoder.conv_out.bias"),
    ("signal", "projector/model.safetensors", "in_proj.weight"),
    ("signal", "projector/model.safetensors", "null_condition"),
    ("signal", "projector/model.safetensors", "signal_embeddings.weight"),
    ("signal", "llm/model.safetensors", "model.layers.1.mlp.up_proj.weight"),
    ("signal", "llm/model.safetensors", "model.norm.weight"),
    ("sd1", "text_encoder/model.safetensors", "text_model.final_layer_norm.weight"),
  ])
  func numbersThatAreNone(_ name: String, _ file: String, _ tensor: String) throws {
    try expectFault(name) { folder in
      do {
        try folder.putNaN(into: tensor, of: file)
      } catch is CocoaError {
        try folder.putNaN(into: tensor.replacing("text_model.", with: ""), of: file)
      }
    }
  }

  @Test func partsThatDoNotFit() throws {
    try expectFault("signal", naming: "in_proj.weight", "48") {
      try $0.change("projector/config.json", ["llm_hidden_size": 48])
    }
    try expectFault("signal", naming: "unet") { try $0.change("unet/config.json", ["in_channels": 9]) }
    try expectFault("signal", naming: "vae") { try $0.change("vae/config.json", ["latent_channels": 16]) }
    try expectFault("signal", naming: "FluxPipeline") {
      try $0.change("model_index.json", ["_class_name": "FluxPipeline"])
    }
  }

  @Test(arguments: [
    "sample_size", "in_channels", "cross_attention_dim", "attention_head_dim", "norm_num_groups",
    "layers_per_block",
  ])
  func impossibleSettings(_ key: String) throws {
    for value: Any in [0, -1, 1e300, "x", Int.max, [Int]()] {
      // A number of heads per level may be empty for no model; whatever is legal draws.
      _ = try fault("signal") { try $0.change("unet/config.json", [key: value]) }
    }
  }

  @Test func unknownSettingsAreNamed() throws {
    try expectFault("signal", naming: "unet", "warp_factor") {
      try $0.change("unet/config.json", ["warp_factor": 9])
    }
    try expectFault("signal", naming: "scheduler_config.json", "prediction_type") {
      try $0.change("scheduler/scheduler_config.json", ["prediction_type": "guess"])
    }
    try expectFault("signal", naming: "scheduler_config.json", "WarpScheduler") {
      try $0.change("scheduler/scheduler_config.json", ["_class_name": "WarpScheduler"])
    }
  }

  @Test func theModelsOwnGuidance() throws {
    let parameters = try ModelFolder.with("signal") { folder in
      try folder.change("model_index.json", ["guidance_scale": 3])
      return try Run(TextToImagePipeline(folder: folder.url), shortRequest()).pictures[0].parameters
    }
    #expect(parameters["CFG scale"] == "3")
  }
}
