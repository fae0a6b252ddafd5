import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct VariableTests {
  @Test func gradientsOfAllUsesAddUp() {
    let x = Variable(parameter: Tensor([2, 3], shape: [2]))
    let y = x + x
    (y + x).backward(seed: Tensor([1, 10], shape: [2]))
    #expect(x.gradient?.floats == [3, 30])
    #expect(y.gradient == nil)
  }

  @Test func constantsRememberNothing() {
    let x = Variable(constant: Tensor([1], shape: [1]))
    let y = x + x
    #expect(!y.isTracked)
    y.backward()
    #expect(x.gradient == nil && y.gradient == nil)
  }

  /// A diamond of 60 levels has 2⁶⁰ paths, and 60 operations.
  @Test func eachOperationIsVisitedOnce() {
    let x = Variable(parameter: Tensor([1], shape: [1]))
    (0..<60).reduce(x) { y, _ in y + y }.backward()
    #expect(x.gradient?.floats == [Float(UInt64(1) << 60)])
  }

  @Test func deepComputationsEnd() {
    let x = Variable(parameter: Tensor([1], shape: [1]))
    let one = Variable(constant: Tensor([1], shape: [1]))
    (0..<2000).reduce(x) { y, _ in y + one }.backward()
    #expect(x.gradient?.floats == [1])
  }
}
