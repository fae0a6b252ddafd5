import Foundation
import Generation
import Projectors
import Tensors
import TestSupport
import Testing

@testable import Alignment

@Suite struct AlignmentTests {
  private struct Stop: Error {}

  /// Every projector learns, and makes a folder that draws.
  @Test(arguments: ProjectorKind.allCases) func everyProjectorLearns(_ kind: ProjectorKind) throws {
    // NExT-GPT's newer design needs a token for a single space.
    try AlignmentRun.with(llm: kind == .nextGPT ? "qwen2" : "llama-tied") { run in
      run.request.projector = kind
      if kind == .linear {
        (run.request.width, run.request.heads, run.request.depth, run.request.feedForward) = (
          nil, nil, nil, nil
        )
      }
      (run.request.steps, run.request.learningRate) = (40, 1e-2)
      run.request.layers = kind == .gill ? 1 : nil
      var losses: [Double] = []
      let report = try run { event in
        if case .step(_, _, let loss, _) = event { losses.append(loss) }
      }
      let (first, last) = (losses.prefix(4).reduce(0, +), losses.suffix(4).reduce(0, +))
      #expect(last < 0.8 * first, "\(kind): \(losses)")
      #expect(report.captions == 12 && report.heldOut == 3 && report.bestStep <= report.steps)
      #expect(report.mean.centeredCosine == 0 && abs(report.mean.error - 1) < 1e-6)
      #expect(
        try contents(of: run.request.output.appending(path: "alignment")) == ["loss.svg", "report.json"])
      var pictures = 0
      let pipeline = try TextToImagePipeline(folder: run.request.output)
      var picture = GenerationRequest(prompt: "a red cat")
      picture.stepCount = 1
      try pipeline.generate(picture) { _ in pictures += 1 }
      #expect(pictures == 1)
    }
  }

  /// The report's figures, computed again from the folders as they are loaded to draw.
  @Test(arguments: [ProjectorKind.metaQuery, .gill, .miniGPT5])
  func theFolderGivesWhatWasReported(_ kind: ProjectorKind) throws {
    try AlignmentRun.with { run in
      run.request.projector = kind
      run.request.layers = 1
      let report = try run()
      let captions = try Captions(contentsOf: run.request.captions)
      let heldOut = AlignmentData.split(captions.all.count, heldOut: 3, seed: run.request.seed).heldOut
      let chosen = heldOut.map { captions.all[$0] }
      let answers = try [run.request.output, run.request.teacher].map { folder in
        let encoder = try SignalTokenTeacher(folder: folder, quiet: true)
        return try encoder.conditioning(chosen, of: captions).reshaped([12, 32])
      }
      var cosine = 0.0
      for token in 0..<12 {
        let (a, b) = (answers[0][token].doubles, answers[1][token].doubles)
        let products = [(a, b), (a, a), (b, b)].map { zip($0, $1).reduce(0) { $0 + $1.0 * $1.1 } }
        cosine += products[0] / (products[1] * products[2]).squareRoot() / 12
      }
      #expect(abs(cosine - report.student.cosine) < 1e-4, "\(cosine) and \(report.student.cosine)")
    }
  }

  /// Stopped after any step, a training ends with the bytes of one that was not.
  @Test(arguments: [(ProjectorKind.metaQuery, true), (.miniGPT5, true), (.gill, false)])
  func goesOnAsIfNothingHadHappened(_ kind: ProjectorKind, _ trainsSignals: Bool) throws {
    func results(stops: [Int]) throws -> [String: Data] {
      try AlignmentRun.with { run in
        run.request.projector = kind
        run.request.trainsSignals = trainsSignals
        for stop in stops {
          #expect(throws: Stop.self) {
            try run { event in
              if case .step(stop, _, _, _) = event { throw Stop() }
            }
          }
          #expect(try contents(of: run.request.output) == ["alignment"])
          #expect(try contents(of: run.request.output.appending(path: "alignment")) == ["state.safetensors"])
        }
        var first: Int?
        try run { event in
          if case .started(let step, _, _, _) = event { first = step }
        }
        #expect(first == stops.last ?? 0)
        return try run.results
      }
    }
    let whole = try results(stops: [])
    #expect(try results(stops: [3, 4, 11]) == whole)
  }

  @Test func threadsDoNotMatter() throws {
    defer { ThreadPool.threadCount = ProcessInfo.processInfo.activeProcessorCount }
    let results = try [1, 3].map { threads in
      ThreadPool.threadCount = threads
      return try AlignmentRun.with { run in
        try run()
        return try run.results
      }
    }
    #expect(results[0] == results[1])
  }

  @Test func endsEarlyWhereNothingIsGained() throws {
    try AlignmentRun.with { run in
      (run.request.learningRate, run.request.steps, run.request.patience) = (1e-30, 100, 2)
      let report = try run()
      #expect(report.steps == 8 && report.bestStep == 0)
    }
  }

  /// CLIP's states teach too, and its empty prompt stands for none, as a tensor or through the text encoder.
  @Test(arguments: [NullCondition.learned, .text, .zeros]) func clipTeaches(_ null: NullCondition) throws {
    try AlignmentRun.with(teacher: "sd1") { run in
      run.request.nullCondition = null
      run.request.steps = 2
      try run()
      let configuration = try ProjectorConfiguration(
        contentsOf: run.request.output.appending(path: "projector/config.json"))
      #expect(configuration.kind == .gill && configuration.nullCondition == null)
      let names = try contents(of: run.request.output)
      #expect(names.contains("text_encoder") == (null == .text))
      var request = GenerationRequest(prompt: "a cat")
      request.stepCount = 1
      var pictures = 0
      try TextToImagePipeline(folder: run.request.output).generate(request) { _ in pictures += 1 }
      #expect(pictures == 1)
      if null == .learned {
        let aligned = try SignalTokenTeacher(folder: run.request.output, quiet: true).nullCondition()
        #expect(aligned.floats == (try CLIPTeacher(folder: run.request.teacher).nullCondition()).floats)
      }
    }
  }

  /// OPT has no gradients here: its rows stay as they are.
  @Test func anyLanguageModelWithFrozenSignals() throws {
    try AlignmentRun.with(llm: "opt") { run in
      #expect(message { try run() }?.contains("--freeze-signals") == true)
      run.request.trainsSignals = false
      try run()
      #expect(try SignalTokenTeacher(folder: run.request.output, quiet: true).nullCondition().isFinite)
    }
  }
}
