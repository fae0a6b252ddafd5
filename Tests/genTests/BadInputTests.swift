import Foundation
import TestSupport
import Testing

/// Bad input: one clear line on standard error, status 64 (usage) or 1 (run time), and nothing written.
@Suite struct BadInputTests {
  private func expectFault(
    _ run: Gen, _ status: Int32, _ words: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(run.status == status, "\(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output == "", sourceLocation: sourceLocation)
    let isOneLine = run.errorLines.count == 1 && run.errors.hasPrefix("gen: ") && run.errors.hasSuffix("\n")
    #expect(isOneLine, "\(run.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        run.errors.contains(word), "“\(run.errors)” does not name \(word)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Usage

  /// 64 pixels wide and high.
  private static let picture = Fixture.url("pipeline/00-sd1.png").path

  private static let wrongUses: [([String], [String])] = [
    (["--width", "100"], ["100x64", "multiples of 8"]), (["--height", "0"], ["multiples of 8"]),
    (["-W", "-64"], []), (["-W", "8192"], ["4096"]),
    (["-H", "99999999999999999999"], ["99999999999999999999"]),
    (["--width", "64.5"], ["64.5"]), (["--steps", "0"], ["step count 0", "1...1000"]),
    (["--steps", "1001"], ["step count 1001", "1...1000"]), (["--steps=-1"], ["-1"]),
    (["--steps", "x"], ["x"]),
    (["--sampler", "ddimm"], ["ddimm", "ddim", "euler", "dpm++2m", "unipc", "tcd"]),
    (["--sampler", ""], ["unknown sampler"]),
    (["--sampler", "ddim", "--schedule", "karras"], ["karras", "trailing"]),
    (["--sampler", "euler", "--sigmas", "1,2"], ["sigmas", "descend"]), (["--sigmas", "1,,0"], ["1,,0"]),
    (["--sigmas", ""], ["sigmas"]),
    (["--sampler", "euler", "--sigmas", "nan,0"], ["sigmas"]),
    (["--sampler", "ddim", "--sigmas", "3,0"], ["ddim", "sigmas"]),
    (["--timesteps", "1000,5"], ["1000"]), (["--timesteps", "5,9"], ["timesteps"]),
    (["--timesteps", "5.5"], ["5.5"]),
    (["--sampler", "euler", "--sigmas", "3,0", "--timesteps", "9"], ["sigmas", "timesteps"]),
    (["--sampler", "euler", "--rho", "0"], ["rho"]), (["--sampler", "DPM++ 2M Warp"], ["DPM++ 2M Warp"]),
    (["--schedule", "warp"], ["warp"]), (["--eta", "2"], ["eta"]), (["--eta", "nan"], ["eta"]),
    (["--cfg-scale", "nan"], ["guidance"]), (["--cfg-scale", "inf"], ["guidance"]),
    (["--cfg-scale", ""], []), (["--guidance-rescale", "2"], ["guidance rescale", "0...1"]),
    (["--guidance-start", "nan"], ["guidance start"]),
    (["--guidance-start", "0.5", "--guidance-stop", "0.2"], ["guidance stop"]),
    (["--apg", "--apg-momentum", "-1"], ["APG momentum"]),
    (["--apg", "--apg-threshold", "inf"], ["threshold"]),
    (["--apg", "--apg-eta", "nan"], ["APG eta"]), (["--pag-scale", "nan"], ["PAG scale"]),
    (["--pag-scale", "1", "--pag-layers", "warp"], ["--pag-layers", "warp"]),
    (["--pag-scale", "1", "--pag-layers", "("], ["--pag-layers"]),
    (["-b", "0"], ["--batch-count 0"]), (["-b", "100001"], ["100001"]), (["-t", "0"], ["--threads 0"]),
    (["-t", "2000"], ["--threads 2000"]), (["--seed", "x"], ["x"]), (["--seed", "9223372036854775808"], []),
    (["--rng", "dice"], ["dice", "torch"]), (["--precision", "f8"], ["f8", "f32"]),
    (["--warp", "9"], ["--warp"]),
    (["-o", "a.jpg"], ["a.jpg", ".png"]), (["-o", ""], [".png"]), (["another"], ["another"]),
    (["--prompt", "another"], ["once"]), (["-i", picture, "--strength", "2"], ["strength"]),
    (["-i", picture, "--strength", "nan"], ["strength"]), (["-i", picture, "-W", "72"], ["72"]),
    (["--steps"], ["--steps"]), (["--llm"], ["--llm"]),
  ]

  @Test(arguments: wrongUses) func usage(_ arguments: [String], _ words: [String]) throws {
    try Workplace.with { place in
      let run = try Gen(["a girl", "--model", Workplace.model] + arguments, in: place.folder)
      expectFault(run, 64, words)
      #expect(try place.files == [])
    }
  }

  @Test func noPrompt() throws {
    try Workplace.with { place in
      expectFault(try place.gen(), 64, ["girl reading"])
      expectFault(try place.gen("--steps", "3"), 64, ["girl reading"])
      #expect(try place.files == [])
    }
  }

  @Test func otherCommands() throws {
    try Workplace.with { place in
      expectFault(try place.gen("info"), 64, ["file"])
      expectFault(try place.gen("complete"), 64, ["text"])
      expectFault(try place.gen("samplers", "x"), 64, ["x"])
      expectFault(try place.gen("complete", "a", "--tokens", "0"), 64, ["--tokens 0"])
      expectFault(try place.gen("complete", "a", "--temperature", "-1"), 64, [])
      expectFault(try place.gen("complete", "a", "--temperature", "nan"), 64, ["--temperature"])
      expectFault(try place.gen("complete", "a", "--top-p", "2"), 64, ["--top-p"])
      expectFault(try place.gen("complete", "a", "--top-k", "x"), 64, ["x"])
    }
  }

  // MARK: Models

  @Test func missingModels() throws {
    try Workplace.with { place in
      expectFault(try place.gen("a", "--model", "nowhere"), 1, ["nowhere", "model_index.json"])
      expectFault(try place.gen("a", "--model", ""), 1, [])
      expectFault(try place.draw("a", "--llm", "nowhere.gguf"), 1, ["nowhere.gguf"])
      expectFault(try place.gen("complete", "a", "--llm", "nowhere.gguf"), 1, ["nowhere.gguf"])
      expectFault(
        try place.draw("a", "--llm", Fixture.url("language/llama-tied.gguf").path), 1, ["32", "40"])
      #expect(try place.files == [])
    }
  }

  private func expectFault(
    _ words: String..., sourceLocation: SourceLocation = #_sourceLocation,
    damage: (ModelFolder) throws -> Void
  ) throws {
    try Workplace.with { place in
      try ModelFolder.with("signal") { folder in
        try damage(folder)
        // Quiet: steps that went well before the damage showed would be reported too.
        let run = try place.gen("a girl", "--model", folder.url.path, "--steps", "3", "--quiet")
        expectFault(run, 1, words, sourceLocation: sourceLocation)
        #expect(try place.files == [], sourceLocation: sourceLocation)
      }
    }
  }

  private static let weights = [
    "unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors",
    "projector/model.safetensors", "llm/model.safetensors",
  ]

  @Test(arguments: weights) func truncatedWeights(_ file: String) throws {
    try expectFault(file) { try $0.truncate(file, to: 1000) }
    try expectFault(file) { try $0.truncate(file, to: 0) }
  }

  @Test(arguments: weights) func corruptWeights(_ file: String) throws {
    try expectFault(file) { try $0.write(Data(repeating: 0xFF, count: 5000), to: file) }
    try expectFault(file) { try $0.write("AAAAAAAA{}", to: file) }
  }

  @Test(arguments: [
    (weights[0], "conv_in.weight"), (weights[1], "decoder.conv_in.bias"), (weights[2], "out_proj.weight"),
    (weights[3], "model.layers.0.self_attn.q_proj.weight"),
  ])
  func nanInWeights(_ file: String, _ tensor: String) throws {
    try expectFault(String(file.split(separator: "/")[0])) { try $0.putNaN(into: tensor, of: file) }
  }

  @Test func faultyPictures() throws {
    try Workplace.with { place in
      let data = try Data(contentsOf: URL(filePath: Self.picture))
      try data.prefix(data.count / 2).write(to: place.folder.appending(path: "half.png"))
      for picture in ["missing.png", "half.png", "/dev/null"] {
        expectFault(try place.draw("a", "-i", picture, "--quiet"), 1, [picture])
      }
      #expect(try place.files == ["half.png"])
    }
  }

  @Test func faultyConfigurations() throws {
    try expectFault("unet/config.json") { try $0.write("{", to: "unet/config.json") }
    try expectFault("WarpScheduler") {
      try $0.change("scheduler/scheduler_config.json", ["_class_name": "WarpScheduler"])
    }
  }

  @Test func promptsBeyondTheContext() throws {
    try Workplace.with { place in
      let prompt = String(repeating: "7 ", count: 1000)
      expectFault(try place.draw(prompt), 1, ["tokens", "context is 256"])
      expectFault(try place.gen("complete", prompt, "-m", Workplace.model), 1, ["tokens", "context is 256"])
      #expect(try place.files == [])
    }
  }

  // MARK: Outputs

  /// By missing folders, and files in a folder's place: permissions do not stop every user.
  @Test func unwritableOutputs() throws {
    try Workplace.with { place in
      try Data().write(to: place.folder.appending(path: "file"))
      try FileManager.default.createDirectory(
        at: place.folder.appending(path: "folder.png"), withIntermediateDirectories: true)
      let long = String(repeating: "n", count: 300) + ".png"
      for path in ["missing/a.png", "file/a.png", "folder.png", "/dev/null/a.png", long] {
        expectFault(try place.draw("a", "-o", path), 1, [path])
      }
      expectFault(try place.draw("a", "-b", "2", "-o", "missing%d/a.png"), 1, ["missing1"])
      #expect(try place.files == ["file", "folder.png"])
    }
  }

  /// Progress that nobody can read is no reason to fail.
  @Test(arguments: ["2>&-", "2>/dev/full"]) func standardErrorMayBeUnwritable(_ redirection: String) throws {
    try Workplace.with { place in
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      process.arguments = [
        "-c", "exec \"$0\" \"$@\" >log \(redirection)", try Gen.executable.path, "a girl", "--steps", "2",
        "--model", Workplace.model,
      ]
      process.currentDirectoryURL = place.folder
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationReason == .exit && process.terminationStatus == 0)
      #expect(try place.files == ["log", "output.png"])
    }
  }
}
