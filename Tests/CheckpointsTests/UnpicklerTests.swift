import Testing

@testable import Checkpoints

struct UnpicklerTests {
  private func read(_ bytes: [UInt8]) throws(Fault) -> Pickle {
    let result = bytes.withUnsafeBytes { bytes in Result { () throws(Fault) in try Unpickler.read(bytes) } }
    return try result.get()
  }

  /// What would run code is refused by name, however it is called: os.system("id") by REDUCE, INST and OBJ, a shell by
  /// NEWOBJ and NEWOBJ_EX, and a call of what a call gave.
  @Test(arguments: [
    ("cos\nsystem\nX\u{2}\0\0\0id\u{85}R.", "os.system"), ("(X\u{2}\0\0\0idios\nsystem\n.", "os.system"),
    ("(cos\nsystem\nX\u{2}\0\0\0ido.", "os.system"), ("csubprocess\nPopen\n)\u{81}.", "subprocess.Popen"),
    ("csubprocess\nPopen\n)}\u{92}.", "subprocess.Popen"), ("cbuiltins\neval\n)R.", "builtins.eval"),
    ("\u{8C}\u{2}os\u{8C}\u{6}system\u{93})R.", "os.system"), ("ctorch.hub\nload\n)R.", "torch.hub.load"),
    ("cpytorch_lightning\nrun\n)R.", "pytorch_lightning.run"),
    ("ccollections\nCounter\n)R)R.", "not a function"),
  ])
  func callsAreRefused(program: String, name: String) throws {
    let error = try #require(throws: Fault.self) { try read(program.unicodeScalars.map { UInt8($0.value) }) }
    #expect(error.message.contains(name), "\(error)")
  }

  /// The objects that training frameworks leave beside the tensors.
  @Test(arguments: [
    "cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n.", "ccollections\ndefaultdict\n)R.",
    "comegaconf.dictconfig\nDictConfig\n)\u{81}}b.", "cos\nsystem\n.",
  ])
  func harmlessObjectsAreInert(program: String) throws {
    _ = try read(program.unicodeScalars.map { UInt8($0.value) })
  }

  /// Containers nested a million deep, or holding themselves, are flat in memory.
  @Test func deepAndCyclicContainers() throws {
    _ = try read(
      [UInt8](repeating: UInt8(ascii: ")"), count: 1) + [UInt8](repeating: 0x85, count: 1_000_000)
        + Array(".".utf8))
    let depth = 300_000
    let nested = [UInt8](repeating: UInt8(ascii: "}"), count: depth) + Array("N".utf8)
    #expect(throws: Fault.self) { try read(nested + [UInt8](repeating: UInt8(ascii: "s"), count: depth)) }
    _ = try read(Array("}q\0X\u{1}\0\0\0ah\0s.".utf8))
    _ = try read([UInt8](repeating: UInt8(ascii: "("), count: 1_000_000) + Array("N.".utf8))
  }

  @Test(arguments: [
    "", ".", "N", "0.", "t.", "u.", "s.", "h\u{1}.", "N(0.", "(2.", "X\u{5}\0\0\0abc.", "cabc", "c\n",
    "\u{7F}.", "NQ.", "KQ",
    "}Nu.", "}(Nu.", "RR.", "K\u{1}K\u{1}\u{13}.", ")Q.", "q\0.",
  ])
  func malformed(program: String) {
    #expect(throws: Fault.self) { try read(program.unicodeScalars.map { UInt8($0.value) }) }
  }

  @Test(arguments: [
    ("K\u{FF}", 255), ("M\u{34}\u{12}", 0x1234), ("J\u{FE}\u{FF}\u{FF}\u{FF}", -2), ("\u{8A}\0", 0),
    ("\u{8A}\u{1}\u{FF}", -1), ("\u{8A}\u{5}\0\0\0\0\u{1}", 1 << 32),
    ("\u{8B}\u{2}\0\0\0\u{0}\u{80}", -32768),
  ])
  func integers(program: String, expected: Int) throws {
    guard
      case .int(expected) = try read(program.unicodeScalars.map { UInt8($0.value) } + Array(".".utf8)).root
    else {
      Issue.record("not \(expected)")
      return
    }
  }
}
