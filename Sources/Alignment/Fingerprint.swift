import Tensors

/// Tells whether two runs see the same captions, teacher and language model: FNV-1a (Fowler, Noll & Vo) over what they
/// give. It guards against mistakes, not against malice.
struct Fingerprint {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  mutating func add(_ tensor: Tensor) { tensor.withBytes { add($0) } }

  var text: String {
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
