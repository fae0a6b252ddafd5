import Foundation

/// Descending noise levels that are spread over the training timesteps as ComfyUI and A1111's web UI do it; a run goes on
/// from the last one to zero.
extension NoiseSchedule {
  /// Every (T/N)th level from the top.
  func simpleSigmas(_ count: Int) -> [Double] {
    let stride = Double(self.count) / Double(count)
    return (0..<count).map { sigmas[self.count - 1 - Int(Double($0) * stride)] }
  }

  /// Every ⌊T/N⌋th level counted from timestep 1, which can be a step more than `count`.
  func ddimUniformSigmas(_ count: Int) -> [Double] {
    let stride = max(self.count / count, 1)
    return Swift.stride(from: 1, to: max(self.count, 2), by: stride).reversed().map {
      sigmas[min($0, self.count - 1)]
    }
  }

  /// Even in the timestep from the highest to the lowest, σ by linear interpolation in ln σ; `sgm` leaves out the lowest.
  func uniformSigmas(_ count: Int, sgm: Bool) -> [Double] {
    let last = Double(self.count - 1)
    let intervals = sgm ? count : max(count - 1, 1)
    return (0..<count).map { index in
      let timestep = last - last * Double(index) / Double(intervals)
      let low = min(max(Int(timestep), 0), self.count - 1)
      let (from, to) = (log(sigmas[low]), log(sigmas[min(low + 1, self.count - 1)]))
      return exp(from + (timestep - Double(low)) * (to - from))
    }
  }
}
