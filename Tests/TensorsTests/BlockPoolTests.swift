import Testing

@testable import Tensors

@Suite struct BlockPoolTests {
  @Test func givesBlocksAgain() {
    let pool = BlockPool(limit: 1 << 20)
    let block = pool.take(1 << 18)
    pool.give(block, 1 << 18)
    #expect(pool.take(1 << 19) != block)
    #expect(pool.take(1 << 18) == block)
  }

  @Test func keepsNoMoreThanItsLimit() {
    let pool = BlockPool(limit: 100_000)
    let (first, second) = (pool.take(65_536), pool.take(65_536))
    pool.give(first, 65_536)
    pool.give(second, 65_536)
    #expect(pool.unusedBytes == 65_536)
    pool.empty()
    #expect(pool.unusedBytes == 0)
  }

  @Test func roundsSizesUpALittle() {
    for size in [65_536, 65_537, 100_000, 1 << 20, (1 << 30) + 1] {
      let rounded = BlockPool.size(for: size)
      #expect(rounded >= size && rounded <= size + size / 8 + 4096)
      #expect(BlockPool.size(for: rounded) == rounded)
    }
  }
}
