import Foundation
import Tensors
import Testing

/// Files below Tests/Fixtures.
public enum Fixture {
  public static func url(_ path: String) -> URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/\(path)")
  }

  public static func data(_ path: String) throws -> Data { try Data(contentsOf: url(path)) }

  public static func json<T: Decodable>(_ path: String, as type: T.Type = T.self) throws -> T {
    try JSONDecoder().decode(type, from: data(path))
  }
}

/// The largest difference as a share of the largest expected magnitude; infinite where shapes differ or a value is NaN.
public func relativeError(_ actual: Tensor, _ expected: Tensor) -> Float {
  guard actual.shape == expected.shape, actual.isFinite else { return .infinity }
  return relativeError(actual.floats, expected.floats)
}

public func relativeError(_ actual: [Float], _ expected: [Float]) -> Float {
  guard actual.count == expected.count else { return .infinity }
  let scale = expected.map(abs).max() ?? 0
  let difference = zip(actual, expected).map { abs($0 - $1) }
  guard !difference.contains(where: \.isNaN) else { return .infinity }
  let worst = difference.max() ?? 0
  return worst == 0 ? 0 : worst / max(scale, .leastNormalMagnitude)
}

/// Records an issue unless the tensors agree to `tolerance` (see `relativeError`).
public func expectClose(
  _ actual: Tensor, _ expected: Tensor, _ tolerance: Float, _ what: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = relativeError(actual, expected)
  #expect(
    error <= tolerance, "\(what): relative error \(error), shapes \(actual.shape) and \(expected.shape)",
    sourceLocation: sourceLocation)
}

/// What an error says to a user; nil if `body` throws none.
public func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}
