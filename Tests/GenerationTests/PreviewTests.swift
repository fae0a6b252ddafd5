import DiffusionModels
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Generation

@Suite struct PreviewTests {
  /// The fit finds the map itself where there is one.
  @Test func projectionsOfAffineDecodersAreExact() throws {
    let weights: [[Float]] = [[0.1, -0.2, 0.05, 0], [0, 0.1, 0.1, -0.1], [-0.1, 0, 0.15, 0.1]]
    let constants: [Float] = [0.1, -0.3, 0.2]
    /// The colours of latents (1, 4, h, w), each a square of `side` pixels.
    func colours(_ latents: Tensor, side: Int) -> Tensor {
      let (h, w) = (latents.shape[2], latents.shape[3])
      let values = latents.floats
      var pixels: [Float] = []
      for y in 0..<side * h {
        for x in 0..<side * w {
          for colour in 0..<3 {
            var sum = constants[colour]
            for channel in 0..<4 {
              let place = (channel * h + y / side) * w + x / side
              sum += weights[colour][channel] * values[place]
            }
            pixels.append(sum)
          }
        }
      }
      return Tensor(pixels, shape: [1, side * h, side * w, 3])
    }
    let projection = try LatentProjection(channels: 4) { colours($0, side: 2) }
    let latents = Tensor([1, -1, 0.5, 2, 0, 1, -0.5, 0.25], shape: [1, 4, 1, 2])
    let expected = Picture(decoded: colours(latents, side: 1))
    let difference = zip(projection(latents).pixels, expected.pixels).map { abs(Int($0) - Int($1)) }
    #expect(difference.max() ?? 9 <= 1)
  }

  private func previews(_ change: (inout PipelineOptions) -> Void) throws -> (all: [Picture], last: Picture) {
    var options = PipelineOptions()
    options.previewInterval = 2
    change(&options)
    let pipeline = try TextToImagePipeline(ModelFiles(contentsOf: Fixture.url("pipeline/sd1")), options)
    let run = try Run(pipeline, shortRequest { ($0.stepCount, $0.width, $0.height) = (6, 72, 48) })
    return (
      run.events.compactMap { if case .preview(let picture) = $0.event { picture } else { nil } },
      run.pictures[0].picture
    )
  }

  @Test func previewsComeAtTheirInterval() throws {
    let (all, last) = try previews { _ in }
    #expect(all.count == 2)
    #expect(all.allSatisfy { ($0.width, $0.height) == (72, 48) })
    #expect(try previews { $0.previewInterval = 0 }.all.isEmpty)
    #expect(try previews { $0.previewInterval = 100 }.all.isEmpty)
    // The picture is the same with and without.
    #expect(try previews { $0.previewInterval = 0 }.last == last)
  }

  @Test func tinyDecodersMakeThemToo() throws {
    let taesd = Fixture.url("pipeline/taesd")
    let plain = try previews { _ in }
    let tiny = try previews { $0.previewAutoencoder = taesd }
    #expect(tiny.all.count == 2 && tiny.all != plain.all && tiny.last == plain.last)
    let both = try previews { $0.tinyAutoencoder = taesd }
    #expect(both.all == tiny.all && both.last != plain.last)
  }

  @Test func tinyDecodersMustFit() throws {
    #expect(throws: GenerationError.self) {
      try previews { $0.previewAutoencoder = Fixture.url("diffusion/taesd") }
    }
    #expect(
      message { _ = try previews { $0.tinyAutoencoder = URL(filePath: "/nowhere/taesd") } }?.contains(
        "/nowhere/taesd") == true)
  }
}
