import Testing

@testable import Tensors

struct RandomSourceTests {
  /// Small draws, value by value: within a few ulp whatever the platform's libm is.
  @Test func everyStreamAgreesWithItsReference() throws {
    let fixtures = try RandomFixtures.load()
    let expected = try RandomFixtures.loadValues()
    var position = 0
    for stream in fixtures.streams where stream.values {
      var source = stream.source.source(seed: try #require(UInt64(stream.seed)))
      for count in stream.draws {
        let samples = source.normal(count)
        try #require(samples.count == count)
        for (index, sample) in samples.enumerated() {
          let reference = expected[position + index]
          #expect(
            abs(sample - reference) <= 1e-6 * max(1, abs(reference)),
            "\(stream.source) seed \(stream.seed) draw of \(count) sample \(index)")
        }
        position += count
      }
    }
    #expect(position == expected.count)
  }

  /// Every draw, the large ones too, in every bit. Only the double-precision libm calls of the small path could
  /// make a platform differ here, so the streams with small draws are checked where glibc is the libm.
  @Test func everyStreamIsEqualInEveryBit() throws {
    for stream in try RandomFixtures.load().streams {
      #if !canImport(Glibc)
        if stream.source != .torch || stream.draws.contains(where: { $0 < 16 }) { continue }
      #endif
      var source = stream.source.source(seed: try #require(UInt64(stream.seed)))
      let hashes = stream.draws.map { bitHash(source.normal($0)) }
      #expect(hashes == stream.hashes, "\(stream.source) seed \(stream.seed) draws \(stream.draws)")
    }
  }

  @Test func uniformsAgreeWithTheirReference() throws {
    let uniforms = try RandomFixtures.load().uniforms
    for algorithm in [RandomAlgorithm.torch, .numpy] {
      var source = algorithm.source(seed: 42)
      for expected in try #require(uniforms[algorithm.rawValue]) {
        #expect(source.uniform() == expected)
      }
    }
  }

  @Test(arguments: RandomAlgorithm.allCases) func aCopyIsACheckpoint(_ algorithm: RandomAlgorithm) {
    var source = algorithm.source(seed: 7)
    _ = source.normal(3)
    var copy = source
    let first = source.normal(21)
    #expect(copy.normal(21) == first)
    #expect(source.normal(21) != first)
  }

  @Test(arguments: RandomAlgorithm.allCases) func samplesAreStandardNormal(_ algorithm: RandomAlgorithm) {
    var source = algorithm.source(seed: 3)
    let samples = source.normal(100_000).map(Double.init)
    let mean = samples.reduce(0, +) / 100_000
    let variance = samples.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 100_000
    #expect(abs(mean) < 0.015)
    #expect(abs(variance - 1) < 0.02)
  }

  @Test(arguments: RandomAlgorithm.allCases) func integersCoverTheirRange(_ algorithm: RandomAlgorithm) {
    var source = algorithm.source(seed: 5)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<7000 { counts[source.integer(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    #expect(source.integer(below: 1) == 0)
  }

  @Test func anEmptyDrawIsLegal() {
    for algorithm in RandomAlgorithm.allCases {
      var source = algorithm.source(seed: 5)
      #expect(source.normal(0).isEmpty)
    }
  }
}
