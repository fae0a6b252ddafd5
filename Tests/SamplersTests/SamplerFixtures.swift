import Foundation
import Tensors
import TestSupport
import Testing

@testable import Samplers

/// What the scripts of `Tests/Fixtures/samplers` wrote: results of diffusers and k-diffusion around a fake network.
struct SamplerFixtures {
  /// A product of settings; its results lie one after the other in `values`.
  struct Family {
    let sampler: String
    let cases: [Case]
    let values: ArraySlice<Float>
  }

  struct Case: CustomStringConvertible {
    let settings: [String: Any]

    func option<T>(_ name: String, _ fallback: T) -> T { settings[name] as? T ?? fallback }

    /// The settings that are the configuration's, as a file would hold them.
    var configuration: Data {
      get throws {
        let options = [
          "steps", "eta", "seed", "batch", "trajectory", "strength", "double", "use_clipped_model_output",
          "sigmas", "timesteps", "schedule",
        ]
        return try JSONSerialization.data(withJSONObject: settings.filter { !options.contains($0.key) })
      }
    }

    var description: String { settings.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ") }
  }

  let shape: [Int]
  let families: [Family]
  let tables: [String: Any]

  init() throws {
    let document = try Self.document("samplers.json")
    shape = try #require(document["shape"] as? [Int])
    tables = try #require(document["tables"] as? [String: Any])
    families =
      try Self.families(document, "values.f32")
      + Self.families(Self.document("kdiffusion.json"), "kdiffusion.f32")
  }

  private static func document(_ name: String) throws -> [String: Any] {
    let json = try JSONSerialization.jsonObject(with: Fixture.data("samplers/\(name)"))
    return try #require(json as? [String: Any])
  }

  private static func families(_ document: [String: Any], _ file: String) throws -> [Family] {
    let bytes = try Fixture.data("samplers/\(file)")
    let values = bytes.withUnsafeBytes { buffer in
      (0..<buffer.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    return try (document["families"] as? [[String: Any]] ?? []).map { family in
      let first = try #require(family["first"] as? Int)
      let count = try #require(family["count"] as? Int)
      var cases = [try #require(family["base"] as? [String: Any])]
      for axis in try #require(family["axes"] as? [[String: Any]]) {
        let name = try #require(axis["name"] as? String)
        let choices = try #require(axis["values"] as? [Any])
        cases = cases.flatMap { settings in choices.map { settings.merging([name: $0]) { $1 } } }
      }
      return Family(
        sampler: try #require(family["sampler"] as? String), cases: cases.map(Case.init),
        values: values[first..<first + count])
    }
  }
}

/// The network of `make.py`.
func fakeNetwork(_ x: Tensor, _ timestep: Double) -> Tensor {
  let (scale, phase) = (Float(timestep / (timestep + 1)), Float(timestep / 100))
  return Tensor(x.floats.map { 0.9 * $0 * scale + 0.1 * sin(3 * $0 + phase) }, shape: x.shape)
}

/// FNV-1a over the little-endian bytes of 32-bit words.
func wordHash(_ words: [UInt32]) -> String {
  var state: UInt64 = 0xcbf2_9ce4_8422_2325
  for word in words {
    for byte in 0..<4 { state = (state ^ UInt64(word >> (8 * byte) & 0xff)) &* 0x100_0000_01b3 }
  }
  let digits = String(state, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
