import Tensors

/// Joins tokens of a picture that are alike before self-attention and copies the result to each of them afterwards
/// (Bolya & Hoffman 2023, "Token Merging for Fast Stable Diffusion"; the `tomesd` package without its randomness): the
/// first of each 2 × 2 tokens stays, and of the others the share `ratio` of all that are most like one of those joins it.
struct TokenMerging: Sendable {
  /// For each picture, the place of each token among those that are left.
  private let places: [[Int]]
  private let left: Int

  /// - Parameter x: (N, H·W, C), by which tokens are compared.
  init(_ x: Tensor, height: Int, width: Int, ratio: Double) {
    let tokens = height * width
    var (kept, others): ([Int], [Int]) = ([], [])
    for token in 0..<tokens {
      let (row, column) = (token / width, token % width)
      let isFirst = row % 2 == 0 && column % 2 == 0 && row < height / 2 * 2 && column < width / 2 * 2
      if isFirst { kept.append(token) } else { others.append(token) }
    }
    let merged = min(others.count, Int(Double(tokens) * ratio))
    left = tokens - (kept.isEmpty ? 0 : merged)
    if kept.isEmpty || merged == 0 {
      places = Array(repeating: Array(0..<tokens), count: x.shape[0])
      return
    }
    let (firsts, rest) = (kept, others)
    places = (0..<x.shape[0]).map { image in
      let best = Self.mostAlike(x[image], rest, firsts)
      // The most alike first; equals in their order.
      let order = rest.indices.sorted { best[$0].likeness > best[$1].likeness }
      var places = [Int](repeating: 0, count: tokens)
      for (place, index) in order[merged...].enumerated() { places[rest[index]] = place }
      let start = rest.count - merged
      for (place, token) in firsts.enumerated() { places[token] = start + place }
      for index in order[..<merged] { places[rest[index]] = start + best[index].first }
      return places
    }
  }

  /// For each of `tokens`, which of `firsts` points most nearly in the same direction, and the cosine between them.
  private static func mostAlike(
    _ x: Tensor, _ tokens: [Int], _ firsts: [Int]
  ) -> [(first: Int, likeness: Float)] {
    let channels = x.shape[1]
    func directions(_ rows: [Int]) -> Tensor {
      Tensor(shape: [rows.count, channels]) { out in
        x.withFloats { x in
          for (i, row) in rows.enumerated() {
            let from = x + row * channels
            var squares = 0.0
            for c in 0..<channels { squares += Double(from[c]) * Double(from[c]) }
            let scale = Float(1 / squares.squareRoot())
            for c in 0..<channels { out[i * channels + c] = from[c] * scale }
          }
        }
      }
    }
    let scores = linear(directions(tokens), directions(firsts))
    return scores.withFloats { scores in
      tokens.indices.map { i in
        let row = scores + i * firsts.count
        var best = 0
        for j in 1..<max(firsts.count, 1) where row[j] > row[best] { best = j }
        return (best, row[best])
      }
    }
  }

  /// (N, T, C) → (N, tokens left, C): means of what is joined.
  func merged(_ x: Tensor) -> Tensor {
    let (tokens, channels) = (x.shape[1], x.shape[2])
    return Tensor(shape: [x.shape[0], left, channels]) { out in
      x.withFloats { x in
        parallel(places.count) { image in
          let (from, to) = (x + image * tokens * channels, out + image * left * channels)
          to.update(repeating: 0, count: left * channels)
          var counts = [Float](repeating: 0, count: left)
          for (token, place) in places[image].enumerated() {
            counts[place] += 1
            for c in 0..<channels { to[place * channels + c] += from[token * channels + c] }
          }
          for (place, count) in counts.enumerated() where count > 1 {
            for c in 0..<channels { to[place * channels + c] /= count }
          }
        }
      }
    }
  }

  /// (N, tokens left, C) → (N, T, C).
  func unmerged(_ x: Tensor) -> Tensor {
    let (tokens, channels) = (places.first?.count ?? 0, x.shape[2])
    return Tensor(shape: [x.shape[0], tokens, channels]) { out in
      x.withFloats { x in
        for (image, places) in places.enumerated() {
          for (token, place) in places.enumerated() {
            (out + (image * tokens + token) * channels).update(
              from: x + (image * left + place) * channels, count: channels)
          }
        }
      }
    }
  }
}
