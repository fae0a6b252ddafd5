import LanguageModels
import Tensors
import Training

/// What a training learns from: the captions as the frozen models see them.
struct AlignmentData: Sendable {
  /// The teacher's conditioning of each caption, (1, m, C).
  let targets: [Tensor]
  /// That of no prompt, (1, m, C).
  let null: Tensor
  /// Captions to learn from and captions to judge by, as indices.
  let trained: [Int]
  let heldOut: [Int]
  let tokens: [[Int]]
  let reading: Reading

  /// What is kept of the language model's pass over the captions.
  enum Reading: Sendable {
    /// Rows that are not trained: their states, (1, n, hidden) for each caption.
    case states([Tensor])
    /// Rows that are trained: what they need of the texts before them.
    case texts([ReadText])
    /// Too much to keep: read again at each step.
    case tokens
  }

  /// The mean of the trained captions' conditioning, (m·C), and what the losses are divided by: what always answering
  /// that mean would lose.
  func mean() -> [Double] {
    var sums = [Double](repeating: 0, count: null.count)
    for index in trained {
      targets[index].withFloats { x in for i in sums.indices { sums[i] += Double(x[i]) } }
    }
    return sums.map { $0 / Double(trained.count) }
  }

  /// The loss over the trained captions of always answering `mean`.
  func scale(_ loss: AlignmentLoss, mean: [Double]) -> Double {
    let answer = Variable(constant: Tensor(doubles: mean, shape: null.shape))
    let total = trained.reduce(0.0) { $0 + Double(loss(answer, targets[$1], scale: 1).value.floats[0]) }
    return total / Double(trained.count)
  }

  /// Splits captions: a tenth, but at most 100, or as many as asked for, are held out.
  static func split(_ count: Int, heldOut: Int, seed: UInt64) -> (trained: [Int], heldOut: [Int]) {
    var random = SplitMix64(seed: seed)
    let shuffled = Array(0..<count).shuffled(using: &random)
    return (shuffled[heldOut...].sorted(), shuffled[..<heldOut].sorted())
  }
}

extension Tensor {
  init(doubles: [Double], shape: [Int]) { self.init(doubles.map { Float($0) }, shape: shape) }
}
