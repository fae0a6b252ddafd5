/// Reads the head of a GGUF file from front to back. Every count is checked against the bytes that are left before
/// anything is allocated for it.
struct GGUFReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0
  /// Array elements that may still be read: bytes become eight times larger as integers.
  private var elementsLeft = 1 << 26
  private static let maximumDepth = 8

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - position }

  mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) throws(Fault) -> T {
    guard remaining >= MemoryLayout<T>.size else { throw truncated() }
    defer { position += MemoryLayout<T>.size }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
  }

  /// A 64-bit count of things that take at least `minimumBytes` each.
  mutating func count(of things: String, minimumBytes: Int) throws(Fault) -> Int {
    let count = try integer(UInt64.self)
    guard count <= UInt64(remaining / minimumBytes) else {
      throw Fault("truncated or damaged: it cannot hold \(count) \(things)")
    }
    return Int(count)
  }

  mutating func string() throws(Fault) -> String {
    let length = try count(of: "bytes of text", minimumBytes: 1)
    let text = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
    guard let string = String(validating: text.bindMemory(to: UInt8.self), as: UTF8.self) else {
      throw Fault("the text at byte \(position) is not UTF-8")
    }
    position += length
    return string
  }

  /// A value of the type whose number comes next.
  mutating func value() throws(Fault) -> GGUFValue {
    let type = try integer(UInt32.self)
    return switch type {
    case 0, 1, 2, 3, 4, 5, 10, 11: .integer(try integer(ofType: type))
    case 6, 12: .number(try number(ofType: type))
    case 7: .bool(try bool())
    case 8: .string(try string())
    case 9: try array(depth: 1)
    default: throw Fault("metadata of the unknown type \(type)")
    }
  }

  private mutating func array(depth: Int) throws(Fault) -> GGUFValue {
    guard depth <= Self.maximumDepth else {
      throw Fault("arrays nested deeper than \(Self.maximumDepth) levels")
    }
    let type = try integer(UInt32.self)
    guard let size = Self.minimumBytes(ofType: type) else {
      throw Fault("a metadata array of the unknown type \(type)")
    }
    let count = try count(of: "array elements", minimumBytes: size)
    guard count <= elementsLeft else { throw Fault("more than 2^26 array elements in its metadata") }
    elementsLeft -= count
    switch type {
    case 6, 12:
      return .numbers(try elements(count) { (reader) throws(Fault) in try reader.number(ofType: type) })
    case 7: return .bools(try elements(count) { (reader) throws(Fault) in try reader.bool() })
    case 8: return .strings(try elements(count) { (reader) throws(Fault) in try reader.string() })
    case 9:
      return .arrays(try elements(count) { (reader) throws(Fault) in try reader.array(depth: depth + 1) })
    default:
      return .integers(try elements(count) { (reader) throws(Fault) in try reader.integer(ofType: type) })
    }
  }

  private mutating func elements<T>(_ count: Int, _ read: (inout GGUFReader) throws(Fault) -> T) throws(Fault)
    -> [T]
  {
    var elements: [T] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try read(&self)) }
    return elements
  }

  private mutating func integer(ofType type: UInt32) throws(Fault) -> Int {
    switch type {
    case 0: return Int(try integer(UInt8.self))
    case 1: return Int(try integer(Int8.self))
    case 2: return Int(try integer(UInt16.self))
    case 3: return Int(try integer(Int16.self))
    case 4: return Int(try integer(UInt32.self))
    case 5: return Int(try integer(Int32.self))
    case 11: return Int(try integer(Int64.self))
    default:
      let value = try integer(UInt64.self)
      guard let integer = Int(exactly: value) else {
        throw Fault("the metadata integer \(value) is beyond 2^63")
      }
      return integer
    }
  }

  private mutating func number(ofType type: UInt32) throws(Fault) -> Double {
    type == 6 ? Double(Float(bitPattern: try integer())) : Double(bitPattern: try integer())
  }

  private mutating func bool() throws(Fault) -> Bool {
    let byte = try integer(UInt8.self)
    guard byte <= 1 else { throw Fault("a metadata boolean is \(byte)") }
    return byte == 1
  }

  private static func minimumBytes(ofType type: UInt32) -> Int? {
    switch type {
    case 0, 1, 7: 1
    case 2, 3: 2
    case 4, 5, 6: 4
    case 8, 10, 11, 12: 8
    case 9: 12
    default: nil
    }
  }

  private func truncated() -> Fault { Fault("truncated: it ends inside its header, at byte \(bytes.count)") }
}
