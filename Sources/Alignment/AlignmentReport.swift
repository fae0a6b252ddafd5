import Tensors
import Training

/// How close an aligned model comes to its teacher on captions that it has not learned from.
public struct AlignmentReport: Codable, Sendable, Equatable {
  public let captions: Int
  public let heldOut: Int
  /// Steps done, and that of the parameters kept.
  public let steps: Int
  public let bestStep: Int
  public let student: Measures
  /// Of always answering the mean conditioning of the captions learned from.
  public let mean: Measures

  /// Averages over held-out captions and tokens.
  public struct Measures: Codable, Sendable, Equatable {
    /// The cosine between a token's conditioning and the teacher's.
    public var cosine = 0.0
    /// The same, the mean conditioning taken off both: 0 says nothing about the caption.
    public var centeredCosine = 0.0
    /// The mean squared difference from the teacher, as a share of what the mean conditioning has.
    public var error = 0.0
  }

  init(_ training: AlignmentTraining, _ state: AlignmentState) throws {
    let data = training.data
    captions = data.targets.count
    heldOut = data.heldOut.count
    (steps, bestStep) = (state.step, state.bestStep)
    let mean = data.mean()
    var student = Measures()
    var baseline = Measures()
    var variance = 0.0
    try training.predictHeldOut(state.best) { captions, prediction in
      for (i, caption) in captions.enumerated() {
        let (target, answer) = (
          data.targets[caption].floats.map(Double.init), prediction[i].floats.map(Double.init)
        )
        student.add(answer, target, mean, columns: data.null.shape[2])
        baseline.add(mean, target, mean, columns: data.null.shape[2])
        variance += zip(target, mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
    }
    let tokens = Double(data.heldOut.count * data.null.shape[1])
    self.student = student.divided(by: tokens, variance: variance)
    self.mean = baseline.divided(by: tokens, variance: variance)
  }
}

extension AlignmentReport.Measures {
  fileprivate mutating func add(_ answer: [Double], _ target: [Double], _ mean: [Double], columns: Int) {
    func cosine(_ a: some Sequence<Double>, _ b: some Sequence<Double>) -> Double {
      var (ab, aa, bb) = (0.0, 0.0, 0.0)
      for (x, y) in zip(a, b) { (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y) }
      return aa > 0 && bb > 0 ? ab / (aa * bb).squareRoot() : 0
    }
    for start in stride(from: 0, to: target.count, by: columns) {
      let range = start..<start + columns
      self.cosine += cosine(answer[range], target[range])
      centeredCosine += cosine(
        range.map { answer[$0] - mean[$0] }, range.map { target[$0] - mean[$0] })
    }
    error += zip(answer, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  fileprivate func divided(by tokens: Double, variance: Double) -> Self {
    Self(
      cosine: cosine / tokens, centeredCosine: centeredCosine / tokens,
      error: variance > 0 ? error / variance : 0)
  }
}
