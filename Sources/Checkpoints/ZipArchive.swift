/// The directory of a zip file in memory, for archives whose entries are stored uncompressed, as torch writes them.
struct ZipArchive {
  /// Where the bytes of each entry lie, by name.
  private(set) var entries: [String: Range<Int>] = [:]

  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) throws(Fault) {
    self.bytes = bytes
    var (count, position) = try directory()
    // The count decides nothing but when to stop: each entry read moves on through the file.
    while count > 0 {
      count -= 1
      let (name, range, next) = try entry(at: position)
      guard entries.updateValue(range, forKey: name) == nil else {
        throw Fault("has the entry \(quoted(name)) twice")
      }
      position = next
    }
  }

  /// The number of entries and where the first is described.
  private func directory() throws(Fault) -> (count: UInt64, position: Int) {
    // The end record is 22 bytes and a comment of at most 65535.
    var end = bytes.count - 22
    while end >= max(0, bytes.count - 22 - 0xFFFF), try integer(end, UInt32.self) != 0x0605_4b50 { end -= 1 }
    guard end >= max(0, bytes.count - 22 - 0xFFFF) else { throw Fault("truncated or not a zip archive") }
    let count = try integer(end + 10, UInt16.self)
    let offset = try integer(end + 16, UInt32.self)
    guard count == .max || offset == .max else { return (UInt64(count), Int(offset)) }
    guard end >= 20, try integer(end - 20, UInt32.self) == 0x0706_4b50 else {
      return (UInt64(count), Int(offset))
    }
    let zip64 = try position(integer(end - 12, UInt64.self))
    guard try integer(zip64, UInt32.self) == 0x0606_4b50 else {
      throw Fault("its zip64 directory is damaged")
    }
    return (try integer(zip64 + 32), try position(integer(zip64 + 48, UInt64.self)))
  }

  private func entry(at start: Int) throws(Fault) -> (String, Range<Int>, next: Int) {
    guard try integer(start, UInt32.self) == 0x0201_4b50 else { throw Fault("its zip directory is damaged") }
    let nameLength = Int(try integer(start + 28, UInt16.self))
    let extraLength = Int(try integer(start + 30, UInt16.self))
    let commentLength = Int(try integer(start + 32, UInt16.self))
    let extra = start + 46 + nameLength
    guard extra + extraLength + commentLength <= bytes.count,
      let name = String(validating: bytes[start + 46..<extra], as: UTF8.self)
    else { throw Fault("its zip directory is damaged") }
    guard try integer(start + 10, UInt16.self) == 0, try integer(start + 8, UInt16.self) & 1 == 0 else {
      throw Fault("its entry \(quoted(name)) is compressed or encrypted")
    }
    var compressed = UInt64(try integer(start + 20, UInt32.self))
    var size = UInt64(try integer(start + 24, UInt32.self))
    var header = UInt64(try integer(start + 42, UInt32.self))
    try readZip64(extra..<extra + extraLength, &size, &compressed, &header)
    let local = try position(header)
    guard size == compressed, try integer(local, UInt32.self) == 0x0403_4b50 else {
      throw Fault("its entry \(quoted(name)) is damaged")
    }
    let data =
      local + 30 + Int(try integer(local + 26, UInt16.self)) + Int(try integer(local + 28, UInt16.self))
    guard data <= bytes.count, size <= UInt64(bytes.count - data) else {
      throw Fault("truncated: its entry \(quoted(name)) ends beyond the file")
    }
    return (name, data..<data + Int(size), extra + extraLength + commentLength)
  }

  /// Fields that did not fit their 32 bits follow in an extra record, in this order.
  private func readZip64(
    _ extra: Range<Int>, _ size: inout UInt64, _ compressed: inout UInt64, _ header: inout UInt64
  )
    throws(Fault)
  {
    var record = extra.lowerBound
    while record + 4 <= extra.upperBound {
      let length = Int(try integer(record + 2, UInt16.self))
      if try integer(record, UInt16.self) == 1 {
        var field = record + 4
        if size == UInt32.max { size = try next(&field) }
        if compressed == UInt32.max { compressed = try next(&field) }
        if header == UInt32.max { header = try next(&field) }
      }
      record += 4 + length
    }
  }

  private func next(_ field: inout Int) throws(Fault) -> UInt64 {
    defer { field += 8 }
    return try integer(field)
  }

  private func position(_ value: UInt64) throws(Fault) -> Int {
    guard value <= UInt64(bytes.count) else {
      throw Fault("truncated: its zip directory points beyond the file")
    }
    return Int(value)
  }

  private func integer<T: FixedWidthInteger>(_ position: Int, _: T.Type = T.self) throws(Fault) -> T {
    guard position >= 0, position <= bytes.count - MemoryLayout<T>.size else {
      throw Fault("truncated: its zip directory ends early")
    }
    return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
  }
}
