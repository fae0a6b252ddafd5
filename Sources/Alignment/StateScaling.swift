import Projectors
import Tensors
import Training

/// At a signal token the states of all captions are nearly alike, and a few channels are far larger than the rest. While
/// training, the states are taken relative to their mean and to each channel's spread; both are constants, and in the end
/// become part of the projector's first layer.
struct StateScaling: Sendable {
  /// (n · hidden); for projectors that have a position for each token, each token's own mean, else the same for all.
  let means: [Float]
  /// 1 / deviation of each channel, (hidden).
  let inverse: [Float]
  private let kind: ProjectorKind

  /// - Parameter states: of many captions, (B, n, hidden).
  init(_ states: Tensor, _ kind: ProjectorKind) {
    self.kind = kind
    let (batch, count, width) = (states.shape[0], states.shape[1], states.shape[2])
    let values = states.floats
    var perToken = [Double](repeating: 0, count: count * width)
    for b in 0..<batch {
      for i in perToken.indices { perToken[i] += Double(values[b * count * width + i]) / Double(batch) }
    }
    var variance = [Double](repeating: 0, count: width)
    for b in 0..<batch {
      for i in perToken.indices {
        let difference = Double(values[b * count * width + i]) - perToken[i]
        variance[i % width] += difference * difference / Double(batch * count)
      }
    }
    let typical = variance.reduce(0, +) / Double(width)
    // A channel that hardly changes says nothing, and is not blown up.
    inverse = variance.map { Float(1 / ($0 + 1e-4 * typical + 1e-12).squareRoot()) }
    if kind != .metaQuery {
      let common = (0..<width).map { c in
        stride(from: c, to: count * width, by: width).reduce(0.0) { $0 + perToken[$1] } / Double(count)
      }
      perToken = perToken.indices.map { common[$0 % width] }
    }
    means = perToken.map { Float($0) }
  }

  /// (B, n, hidden) → the same, (x − mean) / deviation.
  func callAsFunction(_ states: Variable) -> Variable {
    let shape = states.value.shape
    let shift = Variable(constant: Tensor(means.map { -$0 }, shape: [means.count]))
    return states.reshaped([shape[0], -1]).addingRow(shift).reshaped(shape).multipliedByRow(inverse)
  }

  /// The parameters of a projector that takes states as they come.
  func folded(into parameters: [String: Tensor]) -> [String: Tensor] {
    let first = ProjectorNetwork.ends(kind).first
    guard let weight = parameters["\(first).weight"], let bias = parameters["\(first).bias"] else {
      preconditionFailure("no layer \(first)")
    }
    let (outputs, width) = (weight.shape[0], weight.shape[1])
    let scaled = weight.multipliedByRow(inverse)
    let values = scaled.floats
    /// The layer's answer to the mean of token `token`.
    func offset(_ token: Int) -> [Double] {
      (0..<outputs).map { o in
        (0..<width).reduce(0.0) { $0 + Double(values[o * width + $1]) * Double(means[token * width + $1]) }
      }
    }
    func less(_ values: [Float], _ offset: [Double], shape: [Int]) -> Tensor {
      Tensor(zip(values, offset).map { Float(Double($0) - $1) }, shape: shape)
    }
    var result = parameters
    result["\(first).weight"] = scaled
    if kind == .metaQuery, let position = parameters["position"] {
      let offsets = (0..<position.shape[1]).flatMap(offset)
      result["position"] = less(position.floats, offsets, shape: position.shape)
    } else {
      result["\(first).bias"] = less(bias.floats, offset(0), shape: bias.shape)
    }
    return result
  }
}
