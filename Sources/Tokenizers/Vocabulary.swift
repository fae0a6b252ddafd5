/// Tokens and their ids. Token texts lie one after another in a single buffer and are found through a hash table of
/// ids: `String` keys would cost an allocation and a Unicode normalization each.
struct Vocabulary: Sendable {
  /// Far above any published vocabulary; keeps a hostile id from claiming memory.
  static let maximumID = 1 << 22

  private var text: [UInt8] = []
  /// Where the token of each id starts in `text`, and its length; −1 for an id without a token.
  private var starts: [Int] = []
  private var lengths: [Int] = []
  /// Open addressing with linear probing, at most half full; −1 is free.
  private var slots: [Int32]
  private var tokenCount = 0

  init(minimumCapacity: Int) {
    var size = 16
    while size < 2 * minimumCapacity { size *= 2 }
    slots = Array(repeating: -1, count: size)
    starts.reserveCapacity(minimumCapacity)
    lengths.reserveCapacity(minimumCapacity)
    text.reserveCapacity(8 * minimumCapacity)
  }

  /// One more than the highest id.
  var count: Int { starts.count }

  /// Adds a token. Throws if the id is out of range or taken, or if the token is there already.
  mutating func insert(_ token: String, id: Int) throws(TokenizerError) {
    guard (0...Self.maximumID).contains(id) else { throw .invalidID(token: token, id: id) }
    if id < starts.count, lengths[id] >= 0 {
      throw .duplicateID(id: id, first: self.token(of: id) ?? "", second: token)
    }
    var token = token
    let isNew = token.withUTF8 { add($0, id: id) }
    guard isNew else { throw .duplicateToken(token: token) }
  }

  /// The id of a token, given by its UTF-8.
  func id(of token: UnsafeBufferPointer<UInt8>) -> Int? {
    let id = slots[slot(for: token)]
    return id < 0 ? nil : Int(id)
  }

  func id(of token: String) -> Int? {
    var token = token
    return token.withUTF8 { id(of: $0) }
  }

  func id(of token: [UInt8]) -> Int? { token.withUnsafeBufferPointer { id(of: $0) } }

  func token(of id: Int) -> String? { utf8(of: id).map { String(decoding: $0, as: UTF8.self) } }

  /// The UTF-8 of a token; nil for an id without one.
  func utf8(of id: Int) -> ArraySlice<UInt8>? {
    guard starts.indices.contains(id), lengths[id] >= 0 else { return nil }
    return text[starts[id]..<starts[id] + lengths[id]]
  }

  private mutating func add(_ token: UnsafeBufferPointer<UInt8>, id: Int) -> Bool {
    let slot = slot(for: token)
    guard slots[slot] < 0 else { return false }
    while starts.count <= id {
      starts.append(0)
      lengths.append(-1)
    }
    starts[id] = text.count
    lengths[id] = token.count
    text.append(contentsOf: token)
    slots[slot] = Int32(id)
    tokenCount += 1
    if 2 * tokenCount > slots.count { grow() }
    return true
  }

  /// Where the token is, or the free slot where it belongs.
  private func slot(for token: UnsafeBufferPointer<UInt8>) -> Int {
    var hasher = Hasher()  // seeded anew in each process, so no file can be made of collisions
    hasher.combine(bytes: UnsafeRawBufferPointer(token))
    let mask = slots.count - 1
    var slot = hasher.finalize() & mask
    while slots[slot] >= 0, !holds(Int(slots[slot]), token) { slot = (slot + 1) & mask }
    return slot
  }

  private func holds(_ id: Int, _ token: UnsafeBufferPointer<UInt8>) -> Bool {
    guard lengths[id] == token.count else { return false }
    let start = starts[id]
    for index in 0..<token.count where text[start + index] != token[index] { return false }
    return true
  }

  private mutating func grow() {
    slots = Array(repeating: -1, count: 2 * slots.count)
    let text = text
    text.withUnsafeBufferPointer { text in
      for id in starts.indices where lengths[id] >= 0 {
        let token = text[starts[id]..<starts[id] + lengths[id]]
        slots[slot(for: UnsafeBufferPointer(rebasing: token))] = Int32(id)
      }
    }
  }
}
