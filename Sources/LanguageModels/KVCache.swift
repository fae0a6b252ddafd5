import Tensors

/// The keys and values of the tokens read so far. The caller owns it; a copy is a checkpoint to return to.
public struct KVCache: Sendable {
  private var layers: [Layer]
  /// Tokens read.
  public private(set) var count = 0

  /// An empty cache for a model of `layerCount` layers.
  public init(layerCount: Int) {
    layers = Array(repeating: Layer(), count: layerCount)
  }

  /// Forgets all but the first `count` tokens.
  public mutating func truncate(to count: Int) {
    precondition((0...self.count).contains(count), "truncating \(self.count) tokens to \(count)")
    self.count = count
  }

  /// Writes (T, width) keys and values after those already there and returns all of them, (1, count + T, width).
  mutating func append(layer: Int, keys: Tensor, values: Tensor) -> (keys: Tensor, values: Tensor) {
    layers[layer].write(keys: keys, values: values, at: count)
    let end = count + keys.shape[0]
    return (layers[layer].keys.firstRows(end), layers[layer].values.firstRows(end))
  }

  /// Counts tokens that every layer has been given.
  mutating func advance(by tokens: Int) { count += tokens }

  /// Room for a power of two of tokens, so that appending copies each row only a few times.
  private struct Layer: Sendable {
    var keys = Tensor.zeros([0, 0])
    var values = Tensor.zeros([0, 0])

    mutating func write(keys new: Tensor, values newValues: Tensor, at position: Int) {
      let end = position + new.shape[0]
      if end > keys.shape[0] {
        var capacity = max(64, keys.shape[0])
        while capacity < end { capacity *= 2 }
        keys = keys.grown(to: capacity, width: new.shape[1], keeping: position)
        values = values.grown(to: capacity, width: new.shape[1], keeping: position)
      }
      keys.replaceRows(at: position, with: new)
      values.replaceRows(at: position, with: newValues)
    }
  }
}

extension Tensor {
  fileprivate func firstRows(_ count: Int) -> Tensor {
    self[0..<count].reshaped([1, count, shape[1]])
  }

  fileprivate func grown(to capacity: Int, width: Int, keeping rows: Int) -> Tensor {
    Tensor(shape: [capacity, width]) { out in
      withFloats { out.update(from: $0, count: rows * width) }
      (out + rows * width).update(repeating: 0, count: (capacity - rows) * width)
    }
  }

  fileprivate mutating func replaceRows(at row: Int, with rows: Tensor) {
    let width = shape[1]
    precondition(rows.shape[1] == width && row + rows.shape[0] <= shape[0])
    withMutableFloats { out in
      rows.withFloats { (out + row * width).update(from: $0, count: rows.count) }
    }
  }
}
