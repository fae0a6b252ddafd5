import Foundation
import Samplers
import Tensors
import TestSupport
import Testing

@testable import Generation

@Suite struct TextToImagePipelineTests {
  // MARK: Against the reference libraries

  @Test func thereAreCases() {
    #expect(Set(PipelineCase.all.map(\.folder)) == ["sd1", "signal", "signal-minigpt5", "signal-gill"])
  }

  @Test(arguments: PipelineCase.all) func picturesAreThoseOfTheReference(_ test: PipelineCase) throws {
    let run = try Run(pipeline(test.folder), test.request)
    let picture = try #require(run.pictures.first).picture
    let expected = try decodedPicture(at: Fixture.url("pipeline/\(test.expected)"))
    try #require((picture.width, picture.height) == (expected.width, expected.height))
    let differences = zip(picture.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
    let mean = Double(differences.reduce(0, +)) / Double(differences.count)
    let largest = differences.max() ?? 0
    #expect(mean < 0.6, "mean \(mean), largest \(largest) levels")
    // Much less is asked for; more than a rounding here and there would mean another arithmetic.
    #expect(largest <= 2, "mean \(mean), largest \(largest) levels")
  }

  // MARK: Repeatability

  @Test(arguments: ["sd1", "signal"]) func threadsDoNotMatter(_ name: String) throws {
    let pipeline = try pipeline(name)
    let before = ThreadPool.threadCount
    defer { ThreadPool.threadCount = before }
    let pictures = try [1, 2, 3].map {
      ThreadPool.threadCount = $0
      return try Run(pipeline, shortRequest()).pictures[0].picture
    }
    #expect(pictures[0] == pictures[1])
    #expect(pictures[0] == pictures[2])
  }

  @Test func seedsCountUp() throws {
    let pipeline = try pipeline("signal")
    let request = shortRequest {
      $0.seed = 41
      $0.eta = 1  // so that each picture draws noise more than once
    }
    let batch = try Run(pipeline, request, count: 3).pictures
    #expect(batch.map { $0.parameters["Seed"] } == ["41", "42", "43"])
    for (offset, picture) in batch.enumerated() {
      var single = request
      single.seed += UInt64(offset)
      #expect(try Run(pipeline, single).pictures[0].picture == picture.picture)
    }
    #expect(batch[0].picture != batch[1].picture)
  }

  @Test func seedsWrapAround() throws {
    let run = try Run(pipeline("signal"), shortRequest { $0.seed = .max }, count: 2)
    #expect(run.pictures.map { $0.parameters["Seed"] } == ["\(UInt64.max)", "0"])
  }

  // MARK: Progress

  @Test func stepsAreReported() throws {
    let run = try Run(pipeline("signal"), shortRequest(), count: 2)
    let lines = run.events.map { event in
      switch event.event {
      case .step(let completed, let total): "\(event.picture): \(completed)/\(total)"
      case .preview: "\(event.picture): preview"
      case .denoised: "\(event.picture): denoised"
      case .decoding: "\(event.picture): decoding"
      }
    }
    let each = ["0/3", "1/3", "2/3", "3/3", "denoised", "decoding"]
    #expect(lines == each.map { "0: " + $0 } + each.map { "1: " + $0 })
  }

  @Test func progressCanStopTheWork() throws {
    struct Stop: Error {}
    let pipeline = try pipeline("signal")
    for last in 0...5 {
      var calls = 0
      var pictures = 0
      #expect(throws: Stop.self) {
        try pipeline.generate(shortRequest()) { _, _ in
          if calls == last { throw Stop() }
          calls += 1
        } finished: { _ in
          pictures += 1
        }
      }
      #expect((calls, pictures) == (last, 0))
    }
  }

  @Test func whatTheReceiverThrowsStopsTheBatch() throws {
    struct Stop: Error {}
    var pictures = 0
    let pipeline = try pipeline("signal")
    #expect(throws: Stop.self) {
      try pipeline.generate(shortRequest(), count: 3) { _ in
        pictures += 1
        throw Stop()
      }
    }
    #expect(pictures == 1)
  }

  // MARK: Requests

  @Test(arguments: [(8, 8), (8, 64), (72, 40), (128, 16)]) func sizes(_ width: Int, _ height: Int) throws {
    let run = try Run(pipeline("signal"), shortRequest { ($0.width, $0.height) = (width, height) })
    #expect((run.pictures[0].picture.width, run.pictures[0].picture.height) == (width, height))
    #expect(run.pictures[0].parameters["Size"] == "\(width)x\(height)")
  }

  @Test func theTrainedSizeIsTheDefault() throws {
    let picture = try Run(pipeline("signal"), shortRequest()).pictures[0].picture
    #expect((picture.width, picture.height) == (64, 64))
  }

  @Test(arguments: [0, -8, 4, 63, 65, 100, 4104, Int.max, Int.min]) func wrongSizes(_ size: Int) throws {
    let pipeline = try pipeline("signal")
    for request in [shortRequest { $0.width = size }, shortRequest { $0.height = size }] {
      #expect(message { try pipeline.check(request) }?.contains("multiples of 8") == true)
      #expect(throws: GenerationError.self) { try Run(pipeline, request) }
    }
  }

  @Test func wrongRequests() throws {
    let pipeline = try pipeline("signal")
    func fault(_ change: (inout GenerationRequest) -> Void) -> String {
      message { try pipeline.check(shortRequest(change)) } ?? ""
    }
    #expect(fault { _ in } == "")
    for count in [0, -1, 1001, Int.max, Int.min] {
      #expect(fault { $0.stepCount = count }.contains("outside 1...1000"), "\(count)")
    }
    #expect(fault { $0.sampler = "ddimm" }.contains("unknown sampler 'ddimm'; available: ddim, ddpm, "))
    for eta in [-0.1, 1.1, .nan, .infinity] {
      #expect(fault { $0.eta = eta }.contains("eta"), "\(eta)")
      #expect(fault { ($0.eta, $0.sampler) = (eta, "euler") }.contains("eta"), "\(eta)")
    }
    for scale in [Float.nan, .infinity, -.infinity] {
      #expect(fault { $0.guidanceScale = scale }.contains("guidance"), "\(scale)")
    }
  }

  @Test func guidanceOfOneOrLessIsOff() throws {
    let pipeline = try pipeline("signal")
    func picture(_ scale: Float?, negative: String? = nil) throws -> Picture {
      try Run(
        pipeline,
        shortRequest {
          $0.guidanceScale = scale
          $0.negativePrompt = negative
        }
      ).pictures[0].picture
    }
    #expect(try picture(1) == picture(1, negative: "dark clouds"))
    #expect(try picture(4) != picture(4, negative: "dark clouds"))
    #expect(try picture(nil) == picture(7.5))
    #expect(try picture(1) == picture(0))
  }

  @Test func anEmptyPromptIsLegal() throws {
    for name in ["signal", "signal-minigpt5", "signal-gill", "sd1"] {
      let run = try Run(pipeline(name), shortRequest { ($0.prompt, $0.negativePrompt) = ("", "") })
      #expect(run.pictures.count == 1)
    }
  }

  @Test func randomNumbersAreWhoseTheRequestSays() throws {
    let pipeline = try pipeline("signal")
    let runs = try RandomAlgorithm.allCases.map { algorithm in
      try Run(pipeline, shortRequest { $0.random = algorithm }).pictures[0]
    }
    #expect(runs.map { $0.parameters["RNG"] } == ["CPU", "NV", "numpy"])
    #expect(runs[0].picture != runs[1].picture && runs[1].picture != runs[2].picture)
  }

  @Test func everySamplerDraws() throws {
    let pipeline = try pipeline("sd1")
    for kind in SamplerCatalog.all {
      let run = try Run(pipeline, shortRequest { $0.sampler = kind.name })
      #expect(run.pictures[0].parameters["Sampler"] == kind.title)
    }
  }

  // MARK: The text that goes with a picture

  @Test func parametersSayHowItWasMade() throws {
    let run = try Run(
      pipeline("signal"),
      shortRequest {
        $0.negativePrompt = "dark clouds"
        $0.eta = 0.5
        $0.seed = 7
        $0.guidanceScale = 1234.5
        ($0.width, $0.height) = (72, 48)
      })
    #expect(
      run.pictures[0].parameters.text == """
        a girl reading
        Negative prompt: dark clouds
        Steps: 3, Sampler: DDIM, Schedule type: trailing, CFG scale: 1234.5, Seed: 7, Size: 72x48, Model: signal, \
        Eta: 0.5, RNG: CPU, Version: Voken \(vokenVersion)
        """)
  }
}
