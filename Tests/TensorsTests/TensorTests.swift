import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite struct TensorTests {
  @Test func copiesAreWrittenApart() {
    var a = Tensor([1, 2, 3], shape: [3])
    let b = a
    a.withMutableFloats { $0[0] = 9 }
    #expect(a.floats == [9, 2, 3] && b.floats == [1, 2, 3])
  }

  @Test func viewsAreWrittenApart() {
    let whole = Tensor((0..<6).map { Float($0) }, shape: [3, 2])
    var row = whole[1]
    var reshaped = whole.reshaped([6])
    row.withMutableFloats { $0[0] = -1 }
    reshaped.withMutableFloats { $0[5] = -2 }
    #expect(row.floats == [-1, 3] && reshaped.floats == [0, 1, 2, 3, 4, -2])
    #expect(whole.floats == [0, 1, 2, 3, 4, 5])
  }

  @Test func soleOwnersWriteInPlace() {
    var a = Tensor([1, 2], shape: [2])
    let before = a.withFloats { UInt(bitPattern: $0) }
    a.withMutableFloats { $0[1] = 5 }
    #expect(a.withFloats { UInt(bitPattern: $0) } == before)
  }

  /// A file's pages are read-only: a tensor over them is copied even if nobody shares it.
  @Test func mappedTensorsAreCopiedToBeWritten() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "voken-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: url) }
    try Data([0, 0, 128, 63, 0, 0, 0, 64]).write(to: url)
    var x = Tensor(storage: try Storage(mapping: url), byteOffset: 0, shape: [2], dtype: .float32)
    x.withMutableFloats { $0[0] += 10 }
    #expect(x.floats == [11, 2])
    #expect(try Data(contentsOf: url) == Data([0, 0, 128, 63, 0, 0, 0, 64]))
  }

  @Test func rowsShareStorage() {
    let x = Tensor((0..<12).map { Float($0) }, shape: [4, 3])
    #expect(x[1..<3].shape == [2, 3] && x[1..<3].floats == [3, 4, 5, 6, 7, 8])
    #expect(x[3].floats == [9, 10, 11] && x[2][1].shape == [] && x[2][1].floats == [7])
    #expect(x[4..<4].shape == [0, 3])
    #expect(x[1].withFloats { UInt(bitPattern: $0) } == x.withFloats { UInt(bitPattern: $0 + 3) })
    #expect(Tensor.zeros([3, 0])[1..<2].shape == [1, 0])
  }

  /// Rows of blocks, and runs of whole blocks where there is but one row.
  @Test func rowsOfBlocks() {
    var random = SeededGenerator(seed: 1)
    let x = random.blocks(.q8_0, scales: 1, rows: 5, columns: 64)
    let values = x.floats
    #expect(x[2..<4].floats == Array(values[128..<256]) && x[4].floats == Array(values[256...]))
    #expect(x.reshaped([320])[96..<160].floats == Array(values[96..<160]))
  }

  @Test func reshaping() {
    let x = Tensor.zeros([4, 6])
    #expect(x.reshaped([2, -1, 3]).shape == [2, 4, 3] && x.reshaped([-1]).shape == [24])
    #expect(Tensor.zeros([0, 3]).reshaped([-1, 3]).shape == [0, 3])
    #expect(x.dim(-1) == 6 && x.dim(0) == 4 && x.count == 24 && x.byteCount == 96)
    #expect(Tensor([1], shape: []).reshaped([1, 1]).floats == [1])
  }
}
