import Foundation

/// SHA-256 (FIPS 180-4). A package for it would take longer to build than all the rest of this one.
public struct SHA256: Sendable {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0
  private var schedule = [UInt32](repeating: 0, count: 64)

  public init() {}

  public mutating func update(_ data: some DataProtocol) {
    for region in data.regions {
      region.withUnsafeBytes { bytes in
        length += UInt64(bytes.count)
        var bytes = bytes[...]
        if !pending.isEmpty {
          let taken = bytes.prefix(64 - pending.count)
          pending += taken
          bytes = bytes.dropFirst(taken.count)
          guard pending.count == 64 else { return }
          pending.withUnsafeBytes { compress($0[...]) }
          pending.removeAll(keepingCapacity: true)
        }
        while bytes.count >= 64 {
          compress(bytes.prefix(64))
          bytes = bytes.dropFirst(64)
        }
        pending += bytes
      }
    }
  }

  /// The digest of all that was given, in hexadecimal digits.
  public func hex() -> String {
    var copy = self
    let bits = length &* 8
    copy.update([0x80] + [UInt8](repeating: 0, count: (119 - pending.count) % 64))
    copy.update((0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(56 - 8 * $0)) })
    return copy.state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  public static func hex(_ data: some DataProtocol) -> String {
    var digest = SHA256()
    digest.update(data)
    return digest.hex()
  }

  private mutating func compress(_ block: Slice<UnsafeRawBufferPointer>) {
    func rotated(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    let start = block.startIndex
    schedule.withUnsafeMutableBufferPointer { w in
      for i in 0..<16 {
        w[i] = UInt32(bigEndian: block.base.loadUnaligned(fromByteOffset: start + 4 * i, as: UInt32.self))
      }
      for i in 16..<64 {
        let s0 = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3
        let s1 = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10
        w[i] = w[i - 16] &+ s0 &+ w[i - 7] &+ s1
      }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      var (e, f, g, h) = (state[4], state[5], state[6], state[7])
      for i in 0..<64 {
        let s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
        let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ Self.constants[i] &+ w[i]
        let s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
        let t2 = s0 &+ (a & b ^ a & c ^ b & c)
        (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
      }
      for (i, value) in [a, b, c, d, e, f, g, h].enumerated() { state[i] &+= value }
    }
  }

  /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes, in exact arithmetic: the root
  /// of p·2⁹⁶ is that of p shifted by 32 bits.
  private static let constants: [UInt32] = {
    var primes: [UInt64] = []
    var candidate: UInt64 = 2
    while primes.count < 64 {
      if primes.allSatisfy({ candidate % $0 != 0 }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      var root: UInt64 = 0
      for bit in (0..<36).reversed() {
        let next = root | 1 << UInt64(bit)
        // next³ ≤ prime·2⁹⁶, in 128 bits.
        let cube = UInt128(next) * UInt128(next) * UInt128(next)
        if cube <= UInt128(prime) << 96 { root = next }
      }
      return UInt32(truncatingIfNeeded: root)
    }
  }()
}

extension SHA256 {
  /// Of a file, or of all files below a folder with their names, in the order of their paths.
  static func hex(contentsOf url: URL) throws -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory), isDirectory.boolValue
    else { return hex(try Data(contentsOf: url, options: .mappedIfSafe)) }
    var digest = SHA256()
    for path in try FileManager.default.subpathsOfDirectory(atPath: url.path).sorted() {
      let file = url.appending(path: path)
      guard FileManager.default.fileExists(atPath: file.path, isDirectory: &isDirectory),
        !isDirectory.boolValue
      else { continue }
      let data = try Data(contentsOf: file, options: .mappedIfSafe)
      digest.update(Data("\(path)\0\(data.count)\0".utf8))
      digest.update(data)
    }
    return digest.hex()
  }
}
