import Foundation

@testable import Tensors

/// What `Tests/Fixtures/random/make.py` wrote.
struct RandomFixtures: Decodable {
  struct Stream: Decodable {
    let source: RandomAlgorithm
    let seed: String
    let draws: [Int]
    let hashes: [String]
    /// Whether the samples themselves are in `values.f32`, or only their hashes here.
    let values: Bool
  }

  let uniforms: [String: [Double]]
  let streams: [Stream]

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/random")

  static func load() throws -> RandomFixtures {
    try JSONDecoder().decode(
      RandomFixtures.self, from: Data(contentsOf: folder.appendingPathComponent("random.json")))
  }

  static func loadValues() throws -> [Float] {
    let data = try Data(contentsOf: folder.appendingPathComponent("values.f32"))
    return data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }
}

/// FNV-1a over the bytes of the samples.
func bitHash(_ samples: [Float]) -> String {
  var state: UInt64 = 0xcbf2_9ce4_8422_2325
  for sample in samples {
    for byte in 0..<4 {
      state = (state ^ UInt64(sample.bitPattern >> (8 * byte) & 0xff)) &* 0x100_0000_01b3
    }
  }
  let digits = String(state, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
