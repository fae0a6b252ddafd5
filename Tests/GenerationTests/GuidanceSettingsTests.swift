import Foundation
import Samplers
import TestSupport
import Testing

@testable import Generation

/// Guidance of all kinds against diffusers' pictures (`Tests/Fixtures/pipeline/guidance.py`), and its settings.
@Suite struct GuidanceSettingsTests {
  struct Case: Decodable {
    let prompt: String
    let negative: String?
    let seed: UInt64
    let guidance: Float
    let steps: Int
    let sampler: String?
    let rescale: Float
    let start: Double
    let stop: Double
    let momentum: Float?
    let threshold: Float?
    let eta: Float?
    let pag: Float
    let layers: [String]
    let expected: String

    var request: GenerationRequest {
      var request = GenerationRequest(prompt: prompt)
      request.negativePrompt = negative
      request.seed = seed
      request.stepCount = steps
      request.sampler = sampler
      request.guidanceScale = guidance
      request.guidance.rescale = rescale
      (request.guidance.start, request.guidance.stop) = (start, stop)
      request.guidance.perturbedAttentionScale = pag
      request.guidance.perturbedLayers = layers
      if let eta, let threshold {
        var projection = GuidanceSettings.Projection()
        (projection.momentum, projection.threshold, projection.eta) = (momentum, threshold, eta)
        request.guidance.projection = projection
      }
      return request
    }
  }

  @Test func picturesAreThoseOfTheReference() throws {
    let pipeline = try pipeline("sd1")
    let cases = try Fixture.json("pipeline/guidance.json", as: [Case].self)
    #expect(cases.count == 9)
    for example in cases {
      try expect(pipeline, example.request, draws: "pipeline/\(example.expected)")
    }
  }

  @Test func settingsAreWrittenDown() throws {
    let run = try Run(
      pipeline("signal"),
      shortRequest {
        $0.guidance.rescale = 0.7
        $0.guidance.stop = 0.5
        $0.guidance.projection = GuidanceSettings.Projection()
        $0.guidance.perturbedAttentionScale = 3
        $0.guidance.perturbedLayers = ["mid", "up_blocks"]
      })
    let parameters = run.pictures[0].parameters
    #expect(parameters["Guidance rescale"] == "0.7")
    #expect((parameters["Guidance start"], parameters["Guidance stop"]) == ("0.0", "0.5"))
    #expect((parameters["APG momentum"], parameters["APG threshold"]) == ("-0.5", "15.0"))
    #expect(parameters["APG eta"] == "0.0")
    #expect((parameters["PAG scale"], parameters["PAG layers"]) == ("3.0", "mid up_blocks"))
  }

  /// What a request leaves as it is changes nothing, and what is off by its scale does neither.
  @Test func neutralSettingsAreOff() throws {
    let pipeline = try pipeline("signal")
    let plain = try Run(pipeline, shortRequest()).pictures[0].picture
    let neutral = try Run(
      pipeline,
      shortRequest {
        $0.guidance.perturbedAttentionScale = 0
        $0.guidance.perturbedLayers = ["nowhere"]
        ($0.guidance.start, $0.guidance.stop) = (0, 1)
      })
    #expect(neutral.pictures[0].picture == plain)
    let never = try Run(
      pipeline, shortRequest { ($0.guidance.start, $0.guidance.stop) = (0, 0) })
    #expect(
      try never.pictures[0].picture
        == Run(pipeline, shortRequest { $0.guidanceScale = 1 }).pictures[0].picture)
  }

  /// A scale that suits other samplers would overdo it with CFG++.
  @Test func cfgppHasAScaleOfItsOwn() throws {
    let pipeline = try pipeline("signal")
    let run = try Run(pipeline, shortRequest { $0.sampler = "euler_cfg_pp" })
    #expect(run.pictures[0].parameters["CFG scale"] == "0.6")
    let one = try Run(
      pipeline,
      shortRequest {
        $0.sampler = "euler_cfg_pp"
        $0.guidanceScale = 1
      })
    let negative = try Run(
      pipeline,
      shortRequest {
        $0.sampler = "euler_cfg_pp"
        $0.guidanceScale = 1
        $0.negativePrompt = "dark clouds"
      })
    #expect(one.pictures[0].picture != negative.pictures[0].picture)
  }

  @Test func wrongSettings() throws {
    let pipeline = try pipeline("signal")
    func fault(_ change: (inout GuidanceSettings) -> Void) -> String {
      message { try pipeline.check(shortRequest { change(&$0.guidance) }) } ?? ""
    }
    #expect(fault { _ in } == "")
    for value in [-0.1, 1.1, Float.nan, .infinity] {
      #expect(fault { $0.rescale = value }.contains("guidance rescale"), "\(value)")
      #expect(fault { $0.start = Double(value) }.contains("guidance start"), "\(value)")
      #expect(fault { $0.stop = Double(value) }.contains("guidance stop"), "\(value)")
    }
    #expect(fault { ($0.start, $0.stop) = (0.6, 0.5) }.contains("guidance stop"))
    for value in [-1, Float.nan, .infinity] {
      #expect(fault { $0.perturbedAttentionScale = value }.contains("PAG scale"), "\(value)")
    }
    for layer in ["nowhere", "(", "attn2"] {
      #expect(
        fault {
          $0.perturbedAttentionScale = 1
          $0.perturbedLayers = ["mid", layer]
        }.contains("'\(layer)'"), "\(layer)")
    }
    func projected(_ change: (inout GuidanceSettings.Projection) -> Void) -> String {
      fault {
        var projection = GuidanceSettings.Projection()
        change(&projection)
        $0.projection = projection
      }
    }
    for value in [1, Float.nan, .infinity] { #expect(projected { $0.momentum = value }.contains("momentum")) }
    for value in [-1, Float.nan, .infinity] {
      #expect(projected { $0.threshold = value }.contains("threshold"))
    }
    for value in [Float.nan, .infinity] { #expect(projected { $0.eta = value }.contains("eta")) }
  }
}
