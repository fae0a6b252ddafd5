import Foundation
import Projectors
import Training

/// Everything that decides what a training does, apart from its files. A training goes on only with the same.
struct AlignmentSettings: Codable, Sendable, Equatable {
  let projector: ProjectorConfiguration
  let trainsSignals: Bool
  let loss: AlignmentLoss
  let steps: Int
  let batchSize: Int
  let learningRate: Double
  let warmUp: Int
  let weightDecay: Double
  let captionDropout: Double
  let heldOut: Int
  let evaluateEvery: Int
  let patience: Int
  let seed: UInt64

  /// The same settings have the same text.
  var json: String {
    get throws { String(decoding: try JSONEncoder.sorted.encode(self), as: UTF8.self) }
  }
}
