import Checkpoints
import Layers
import Tensors
import TestSupport
import Testing

@Suite struct EmbeddingTests {
  @Test(arguments: [DType.float32, .float16, .bfloat16]) func picksRows(_ dtype: DType) throws {
    var random = SeededGenerator(seed: 1)
    let table = random.tensor([7, 5]).converted(to: dtype)
    let layer = try Embedding(Weights(["weight": table], source: "test"), count: 7, width: 5)
    let values = table.floats
    let result = layer([6, 0, 6, 3])
    #expect(result.shape == [4, 5])
    let expected = [6, 0, 6, 3].flatMap { (row: Int) in Array(values[row * 5..<row * 5 + 5]) }
    #expect(result.floats == expected)
    #expect(layer([]).shape == [0, 5])
  }

  @Test func picksRowsOfBlocks() throws {
    var random = SeededGenerator(seed: 2)
    let table = random.blocks(.q4_0, scales: 1, rows: 9, columns: 64)
    let layer = try Embedding(Weights(["weight": table], source: "test"), count: 9, width: 64)
    #expect(layer([8, 1]).floats == Array(table.floats[512...] + table.floats[64..<128]))
  }
}
