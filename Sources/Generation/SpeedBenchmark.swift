import DiffusionModels
import Foundation
import Layers
import Tensors

/// Times a model's networks on random input: what they compute does not change how long it takes.
public struct SpeedBenchmark {
  private let unet: UNet2DConditionModel
  private let decoder: AutoencoderKL.Decoder
  private let precision: Precision
  private let loading: Double
  private let folder: URL

  public init(folder: URL, precision: Precision) throws {
    self.precision = precision
    self.folder = folder
    let start = ContinuousClock.now
    unet = try UNet2DConditionModel(folder: folder.appending(path: "unet"), precision: precision)
    decoder = try AutoencoderKL.Decoder(folder: folder.appending(path: "vae"), precision: precision)
    loading = (ContinuousClock.now - start) / .seconds(1)
  }

  /// - Parameters:
  ///   - width: of the picture in pixels; nil: what the model was trained at.
  ///   - rounds: timed after one that is not.
  ///   - decoding: time the autoencoder too.
  ///   - comparing: load the UNet in fp32 as well and compare the results.
  public func run(
    width: Int?, height: Int?, rounds: Int, decoding: Bool, comparing: Bool
  ) throws -> SpeedReport {
    let factor = decoder.configuration.pixelsPerLatent
    let trained = unet.configuration.sampleSize ?? [64, 64]
    let width = width ?? trained[trained.count - 1] * factor
    let height = height ?? trained[0] * factor
    let allowed = factor...4096
    guard width % factor == 0, height % factor == 0, allowed.contains(width), allowed.contains(height) else {
      throw GenerationError.wrongSize(width: width, height: height, multiple: factor, maximum: 4096)
    }
    let (h, w) = (height / factor, width / factor)
    func noise(_ shape: [Int]) -> Tensor {
      var source = TorchRandomSource(seed: 1)
      return Tensor(source.normal(shape.reduce(1, *)), shape: shape)
    }
    let states = noise([2, 77, unet.configuration.crossAttentionWidth ?? 1])
    let conditioning = try unet.conditioning(states)
    let latents = noise([2, unet.configuration.inChannels, h, w])
    var parts = [
      try SpeedReport.Part("UNet step, 2 × \(width)×\(height)", rounds: rounds) {
        _ = try unet(latents, timestep: 500, conditioning)
      }
    ]
    if decoding {
      let small = noise([1, decoder.configuration.latentChannels, h, w])
      parts.append(
        try SpeedReport.Part("decoding \(width)×\(height)", rounds: rounds) { _ = try decoder(small) })
    }
    var error: Double?
    if comparing {
      let reference = try UNet2DConditionModel(folder: folder.appending(path: "unet"))
      let expected = try reference(latents, timestep: 500, reference.conditioning(states)).floats
      let found = try unet(latents, timestep: 500, conditioning).floats
      error = relativeRMSE(found, expected)
    }
    return SpeedReport(
      precision: precision.rawValue, threads: ThreadPool.threadCount, processor: Processor.current.rawValue,
      peak: MachinePeak.measure(precision), loadSeconds: loading, parts: parts,
      relativeError: error)
  }
}
