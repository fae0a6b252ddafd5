import Foundation
import TestSupport
import Testing

@testable import Alignment

/// What cannot be aligned is said in one line, and nothing is written.
@Suite struct AlignmentFaultTests {
  private struct Stop: Error {}

  private func expectFault(
    _ run: AlignmentRun, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try? contents(of: run.request.output)
    let text = message { try run() }
    for word in words {
      #expect(text?.contains(word) == true, "“\(text ?? "")”", sourceLocation: sourceLocation)
    }
    #expect(text?.contains("\n") != true, sourceLocation: sourceLocation)
    #expect((try? contents(of: run.request.output)) == before, sourceLocation: sourceLocation)
    #expect(
      try contents(of: run.folder).allSatisfy { !$0.hasSuffix(".part") }, sourceLocation: sourceLocation)
  }

  @Test func captionsTooLong() throws {
    let long = String(repeating: "fox ", count: 400)
    try AlignmentRun.with(captions: ["a cat", long, "a dog"]) { run in
      run.request.heldOut = 1
      try expectFault(run, "captions.txt: line 2 makes", "teacher's language model")
    }
    let middling = String(repeating: "fox ", count: 100)
    try AlignmentRun.with(captions: ["a cat", "a dog", middling]) { run in
      run.request.heldOut = 1
      try expectFault(run, "captions.txt: line 3 makes", "llama-tied")
    }
    try AlignmentRun.with(teacher: "sd1", captions: ["a cat", long, "a dog"]) { run in
      run.request.heldOut = 1
      try expectFault(run, "captions.txt: line 2 makes", "CLIP encoder has room for 77")
    }
  }

  @Test func foldersThatHoldSomethingElse() throws {
    try AlignmentRun.with { run in
      let output = run.request.output
      try FileManager.default.createDirectory(at: output, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: output.appending(path: "notes.txt"))
      try expectFault(run, "aligned: holds something else (notes.txt)")
      try FileManager.default.removeItem(at: output)
      try Data("mine".utf8).write(to: output)
      try expectFault(run, "aligned: is a file")
      run.request.output = run.folder.appending(path: "nowhere/aligned")
      try expectFault(run, "nowhere: No such file or directory")
    }
  }

  @Test func finishedFoldersAreNotOverwritten() throws {
    try AlignmentRun.with { run in
      run.request.steps = 1
      try run()
      let results = try run.results
      try expectFault(run, "holds a model already")
      #expect(try run.results == results)
    }
  }

  @Test func aTrainingGoesOnOnlyAsItWas() throws {
    try AlignmentRun.with { run in
      _ = try? run { if case .step(2, _, _, _) = $0 { throw Stop() } }
      let state = run.request.output.appending(path: "alignment/state.safetensors")
      let bytes = try Data(contentsOf: state)
      var other = run
      other.request.learningRate = 2e-3
      try expectFault(other, "holds an alignment with another learningRate")
      other = run
      other.request.languageModel = Fixture.url("language/llama-untied")
      try expectFault(other, "other captions, another teacher or another language model")
      try Data((AlignmentRun.captions + ["a hat"]).joined(separator: "\n").utf8).write(
        to: run.request.captions)
      try expectFault(run, "other captions, another teacher or another language model")
      #expect(try Data(contentsOf: state) == bytes)
    }
  }

  @Test func damagedStatesAreNamed() throws {
    try AlignmentRun.with { run in
      _ = try? run { if case .step(2, _, _, _) = $0 { throw Stop() } }
      let state = run.request.output.appending(path: "alignment/state.safetensors")
      let bytes = try Data(contentsOf: state)
      for count in [0, 9, bytes.count / 2, bytes.count - 1] {
        try bytes.prefix(count).write(to: state)
        try expectFault(run, "state.safetensors")
      }
      var nan = bytes
      nan.replaceSubrange(bytes.count - 4..<bytes.count, with: [0xFF, 0xFF, 0xFF, 0xFF])
      try nan.write(to: state)
      try expectFault(run, "state.safetensors: is damaged")
    }
  }

  @Test func requestsThatCannotBeMet() throws {
    let faults: [((inout AlignmentRequest) -> Void, String)] = [
      ({ $0.steps = 0 }, "--steps 0"), ({ $0.batchSize = -1 }, "--batch-size -1"),
      ({ $0.learningRate = .nan }, "--learning-rate nan"), ({ $0.learningRate = 0 }, "--learning-rate 0.0"),
      ({ $0.warmUp = 99 }, "--warm-up 99"), ({ $0.heldOut = 12 }, "--held-out 12 leaves nothing"),
      ({ $0.captionDropout = 2 }, "--caption-dropout 2"), ({ $0.captionDropout = 0.1 }, "--null zeros alone"),
      ({ $0.layers = 9 }, "9 layers"), ({ $0.layers = 0 }, "--llm-layers 0"),
      ({ ($0.width, $0.depth) = (8192, 200) }, "parameters"),
      ({ ($0.projector, $0.signals, $0.batchSize) = (.gill, 64, 4096) }, "--batch-size 4096 times 64"),
      ({ $0.heads = 5 }, "heads must be a divisor"), ({ $0.template = "{prompt}" }, "prompt_template"),
      ({ $0.nullCondition = .text }, "--null text"), ({ $0.projector = .linear }, "--width means nothing"),
      (
        {
          $0.projector = .miniGPT5; $0.width = 40; $0.heads = 4
        }, "output_size"
      ),
      (
        {
          $0.projector = .metaQuery; $0.signals = 3
        }, "query_count"
      ), ({ $0.signals = 5000 }, "--signals 5000"),
      ({ $0.teacher = URL(filePath: "/nowhere") }, "/nowhere"),
      ({ $0.teacher = Fixture.url("pipeline/sdxl") }, "pooled"),
      ({ $0.languageModel = URL(filePath: "/nowhere.gguf") }, "/nowhere.gguf"),
    ]
    try AlignmentRun.with { run in
      for (change, words) in faults {
        var other = run
        change(&other.request)
        try expectFault(other, words)
      }
    }
    try AlignmentRun.with(teacher: "sd1") { run in
      run.request.languageModel = nil
      try expectFault(run, "--llm")
    }
  }

  @Test func numbersThatAreNone() throws {
    try ModelFolder.with("signal") { model in
      try model.putNaN(into: "out_proj.bias", of: "projector/model.safetensors")
      try AlignmentRun.with { run in
        run.request.teacher = model.url
        try expectFault(run, "out_proj.bias", "NaN")
      }
    }
  }
}
