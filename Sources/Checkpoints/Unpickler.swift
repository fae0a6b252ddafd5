/// Reads a Python pickle without Python: a stack machine that builds `PickleValue`s and calls nothing. Covers the
/// operations of protocols 2 to 5 that `torch.save` and training frameworks write.
struct Unpickler {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  private var stack: [PickleValue] = []
  /// Stack heights at the marks still open.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var pickle = Pickle()

  static func read(_ bytes: UnsafeRawBufferPointer) throws(Fault) -> Pickle {
    var unpickler = Unpickler(bytes: bytes)
    while try unpickler.step() {}
    unpickler.pickle.root = try unpickler.pop()
    return unpickler.pickle
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Executes one operation; false after STOP.
  private mutating func step() throws(Fault) -> Bool {
    let operation = try byte()
    switch operation {
    case 0x80: _ = try byte()  // PROTO
    case 0x95: _ = try natural(8)  // FRAME
    case UInt8(ascii: "."): return false
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())

    case UInt8(ascii: "N"): stack.append(.other("None"))
    case 0x88, 0x89: stack.append(.other("a boolean"))
    case UInt8(ascii: "G"):
      _ = try natural(8)
      stack.append(.other("a number"))
    case UInt8(ascii: "K"): stack.append(.int(try natural(1)))
    case UInt8(ascii: "M"): stack.append(.int(try natural(2)))
    case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try natural(4)))))
    case 0x8A: stack.append(try long(try natural(1)))
    case 0x8B: stack.append(try long(try natural(4)))

    case UInt8(ascii: "X"): stack.append(.string(try text(try natural(4))))
    case 0x8C: stack.append(.string(try text(try natural(1))))
    case 0x8D: stack.append(.string(try text(try natural(8))))
    case UInt8(ascii: "U"), UInt8(ascii: "C"): try skipBytes(try natural(1))
    case UInt8(ascii: "T"), UInt8(ascii: "B"): try skipBytes(try natural(4))
    case 0x8E, 0x96: try skipBytes(try natural(8))

    case UInt8(ascii: "q"): memo[try natural(1)] = try top()
    case UInt8(ascii: "r"): memo[try natural(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): stack.append(try recall(try natural(1)))
    case UInt8(ascii: "j"): stack.append(try recall(try natural(4)))

    default: try stepContainer(operation)
    }
    return true
  }

  private mutating func stepContainer(_ operation: UInt8) throws(Fault) {
    switch operation {
    case UInt8(ascii: ")"): stack.append(pickle.makeTuple([]))
    case UInt8(ascii: "t"): stack.append(pickle.makeTuple(try popToMark()))
    case 0x85, 0x86, 0x87: stack.append(pickle.makeTuple(try pop(Int(operation) - 0x84)))
    case UInt8(ascii: "]"), 0x8F: stack.append(.other("a list"))
    case UInt8(ascii: "l"), 0x91:
      _ = try popToMark()
      stack.append(.other("a list"))
    case UInt8(ascii: "a"): _ = try pop()
    case UInt8(ascii: "e"), 0x90: _ = try popToMark()
    case UInt8(ascii: "}"): stack.append(pickle.makeDict())
    case UInt8(ascii: "d"):
      let items = try popToMark()
      stack.append(pickle.makeDict())
      try setItems(items)
    case UInt8(ascii: "s"): try setItems(try pop(2))
    case UInt8(ascii: "u"): try setItems(try popToMark())

    case UInt8(ascii: "c"): stack.append(.global("\(try line()).\(try line())"))
    case 0x93:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw unreadable()
      }
      stack.append(.global("\(module).\(name)"))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      stack.append(try pickle.call(try pop(), arguments))
    case 0x92:
      let parts = try pop(3)
      stack.append(try pickle.call(parts[0], parts[1]))
    case UInt8(ascii: "i"):
      let name = "\(try line()).\(try line())"
      stack.append(try pickle.call(.global(name), pickle.makeTuple(try popToMark())))
    case UInt8(ascii: "o"):
      let parts = try popToMark()
      guard let callable = parts.first else { throw unreadable() }
      stack.append(try pickle.call(callable, pickle.makeTuple(Array(parts.dropFirst()))))
    case UInt8(ascii: "b"): _ = try pop()  // an object's state; those known here have none that matters
    case UInt8(ascii: "Q"): stack.append(try pickle.load(try pop()))
    default: throw Fault("its pickle has the unknown operation \(operation) at byte \(position - 1)")
    }
  }

  // MARK: The stack

  private mutating func pop() throws(Fault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw unreadable() }
    return value
  }

  private mutating func pop(_ count: Int) throws(Fault) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else { throw unreadable() }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws(Fault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw unreadable() }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func top() throws(Fault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw unreadable() }
    return value
  }

  private func recall(_ index: Int) throws(Fault) -> PickleValue {
    guard let value = memo[index] else { throw unreadable() }
    return value
  }

  private mutating func setItems(_ items: [PickleValue]) throws(Fault) {
    guard items.count % 2 == 0 else { throw unreadable() }
    guard case .dict(let dict) = try top() else { return }
    for i in stride(from: 0, to: items.count, by: 2) { pickle.dicts[dict].append((items[i], items[i + 1])) }
  }

  // MARK: The bytes

  private mutating func byte() throws(Fault) -> UInt8 { UInt8(try natural(1)) }

  /// A little-endian number of `size` bytes.
  private mutating func natural(_ size: Int) throws(Fault) -> Int {
    let value = try take(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(truncatingIfNeeded: value)
  }

  private mutating func long(_ size: Int) throws(Fault) -> PickleValue {
    let digits = try take(size)
    guard size <= 8 else { return .other("a large integer") }
    let value = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let unused = 64 - 8 * size
    return .int(size == 0 ? 0 : Int((Int64(bitPattern: value) << unused) >> unused))
  }

  private mutating func text(_ length: Int) throws(Fault) -> String {
    guard let text = String(validating: try take(length), as: UTF8.self) else {
      throw Fault("its pickle has a name that is not UTF-8 before byte \(position)")
    }
    return text
  }

  private mutating func skipBytes(_ length: Int) throws(Fault) {
    _ = try take(length)
    stack.append(.other("bytes"))
  }

  private mutating func line() throws(Fault) -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw unreadable() }
    defer { position += 1 }
    return try text(end - position)
  }

  private mutating func take(_ count: Int) throws(Fault) -> Slice<UnsafeRawBufferPointer> {
    guard count >= 0, count <= bytes.count - position else { throw Fault("truncated: its pickle ends early") }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private func unreadable() -> Fault { Fault("its pickle is malformed at byte \(position)") }
}
