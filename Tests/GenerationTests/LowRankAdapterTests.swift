import Foundation
import Tensors
import TestSupport
import Testing

@testable import Generation

@Suite struct LowRankAdapterTests {
  private let a = Tensor([1, 2, 3, -1, 0.5, 0], shape: [2, 3])
  private let b = Tensor([1, 0, 2, -2], shape: [2, 2])
  private let weight = Tensor([0, 0, 1, 1, 0, 0], shape: [2, 3])

  private func tensors() -> [String: Tensor] { ["q.lora_A.default.weight": a, "q.lora_B.default.weight": b] }

  @Test func addsTheScaledProduct() throws {
    let adapter = try #require(try LowRankAdapter(tensors(), .alpha(4), source: "x"))
    #expect(adapter.names == ["q.weight"])
    // B·A = [[1, 2, 3], [4, 3, 6]], twice.
    #expect(try adapter.merged("q.weight", weight, source: "x").floats == [2, 4, 7, 9, 6, 12])
    #expect(try adapter.merged("k.weight", weight, source: "x").floats == weight.floats)
    let rooted = try #require(try LowRankAdapter(tensors(), .alphaOverRoot(2), source: "x"))
    #expect(abs(try rooted.merged("q.weight", weight, source: "x").floats[0] - Float(2).squareRoot()) < 1e-6)
  }

  @Test func largeModelsKeepTheirType() throws {
    let half = weight.converted(to: .float16)
    let exact = try #require(try LowRankAdapter(tensors(), .scale(1), source: "x"))
    #expect(try exact.merged("q.weight", half, source: "x").dtype == .float32)
    let large = try #require(try LowRankAdapter(tensors(), .scale(1), source: "x", fullPrecisionBytes: 8))
    let merged = try large.merged("q.weight", half, source: "x")
    #expect(merged.dtype == .float16 && merged.floats == [1, 2, 4, 5, 3, 6])
  }

  @Test func impossiblePairsAreErrors() throws {
    var lonely = tensors()
    lonely["q.lora_B.default.weight"] = nil
    var misshapen = tensors()
    misshapen["q.lora_B.default.weight"] = Tensor.zeros([2, 3])
    var damaged = tensors()
    damaged["q.lora_A.default.weight"] = Tensor([.nan, 0], shape: [2, 1])
    for tensors in [lonely, misshapen, damaged] {
      #expect(throws: SignalSystemError.self) { try LowRankAdapter(tensors, .alpha(1), source: "x") }
    }
    let adapter = try #require(try LowRankAdapter(tensors(), .alpha(1), source: "x"))
    #expect(throws: SignalSystemError.self) {
      try adapter.merged("q.weight", Tensor.zeros([3, 3]), source: "x")
    }
    #expect(throws: SignalSystemError.self) { try LowRankAdapter(tensors(), nil, source: "x") }
    #expect(try LowRankAdapter(["q.weight": a], nil, source: "x")?.names == nil)
  }

  @Test(arguments: [
    (#"{"lora_alpha": 8, "r": 4}"#, AdapterSettings.alpha(8)),
    (#"{"lora_alpha": 8, "use_rslora": true, "rank_pattern": {}}"#, .alphaOverRoot(8)),
    (#"{"r": 4}"#, nil), (#"{"lora_alpha": 8, "use_dora": true}"#, nil), (#"{"lora_alpha": "8"}"#, nil),
    (#"{"lora_alpha": 8, "alpha_pattern": {"q": 1}}"#, nil), (#"{"lora_alpha": 8, "peft_type": "IA3"}"#, nil),
    ("[", nil),
  ])
  func readsItsSettings(_ json: String, _ expected: AdapterSettings?) throws {
    try withTemporaryFolder { folder in
      let file = folder.appending(path: "adapter_config.json")
      try Data(json.utf8).write(to: file)
      #expect((try? AdapterSettings(contentsOf: file)) == expected)
    }
  }
}
