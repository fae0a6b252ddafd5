import Tensors

// The arithmetic of solvers. Every operation is rounded by itself, as in programs that work on whole arrays: with fused
// multiply-adds, which a processor may have or not, a seed would give pictures that differ from theirs and from machine
// to machine. Latents are small, so this costs nothing.

/// a·x + b·y.
func blend(_ a: Float, _ x: Tensor, _ b: Float, _ y: Tensor) -> Tensor {
  elementwise(x, y) { x, y in a * x + b * y }
}

/// x + b·y.
func add(_ x: Tensor, _ b: Float, _ y: Tensor) -> Tensor {
  elementwise(x, y) { x, y in x + b * y }
}

/// (x − b·y)/a.
func quotient(_ x: Tensor, minus b: Float, _ y: Tensor, over a: Float) -> Tensor {
  elementwise(x, y) { x, y in (x - b * y) / a }
}

/// x/a.
func quotient(_ x: Tensor, over a: Float) -> Tensor {
  elementwise(x, x) { x, _ in x / a }
}

@inline(__always)
func elementwise(_ x: Tensor, _ y: Tensor, _ body: (Float, Float) -> Float) -> Tensor {
  precondition(x.shape == y.shape, "shapes differ: \(x.shape) and \(y.shape)")
  let count = x.count
  return Tensor(shape: x.shape) { out in
    x.withFloats { x in
      y.withFloats { y in
        for i in 0..<count { out[i] = body(x[i], y[i]) }
      }
    }
  }
}
