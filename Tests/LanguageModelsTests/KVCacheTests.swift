import LanguageModels
import TestSupport
import Testing

@Suite struct KVCacheTests {
  @Test func copiesAreIndependent() throws {
    let model = try LanguageFixture.model("llama-tied").decoder
    var cache = model.makeCache()
    _ = try model.hiddenStates(tokens: [5, 6, 7], cache: &cache)
    let checkpoint = cache
    let first = try model.hiddenStates(tokens: [8, 9], cache: &cache)
    var other = checkpoint
    _ = try model.hiddenStates(tokens: [30, 31], cache: &other)
    var again = checkpoint
    let second = try model.hiddenStates(tokens: [8, 9], cache: &again)
    #expect(first.floats == second.floats)
    #expect((checkpoint.count, cache.count) == (3, 5))
  }

  @Test func truncationForgets() throws {
    let model = try LanguageFixture.model("qwen2").decoder
    var cache = model.makeCache()
    let first = try model.hiddenStates(tokens: [5, 6, 7, 8], cache: &cache)
    cache.truncate(to: 2)
    let second = try model.hiddenStates(tokens: [7, 8], cache: &cache)
    expectClose(second, first[2..<4], 1e-6)
    cache.truncate(to: 0)
    expectClose(try model.hiddenStates(tokens: [5, 6, 7, 8], cache: &cache), first, 1e-6)
  }
}
