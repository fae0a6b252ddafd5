import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Damages small valid files everywhere: a reader may accept or throw, but never trap, and what it accepts is readable.
struct DamagedFileTests {
  private static let files = ["types.safetensors", "types.gguf", "plain.pt"]

  /// Whether the file is accepted.
  @discardableResult
  private func read(_ bytes: [UInt8], _ name: String) -> Bool {
    do throws(CheckpointError) {
      let storage = storage(bytes)
      let tensors =
        switch name.split(separator: ".").last {
        case "gguf": try GGUFFile(storage, file: name).tensors
        case "pt": try TorchFile(storage, file: name).tensors
        default: try SafetensorsFile(storage, file: name).tensors
        }
      for tensor in tensors.values { #expect(tensor.floats.count == tensor.count) }
      return true
    } catch {
      #expect(!error.fault.isEmpty && !error.description.contains("\n"))
      return false
    }
  }

  @Test(arguments: files)
  func truncatedAnywhere(name: String) throws {
    let bytes = Array(try Fixture.data("checkpoints/\(name)"))
    #expect(read(bytes, name))
    let padding = name.hasSuffix("gguf") ? 64 : 0  // nothing lies in the padding after the last GGUF tensor
    for length in 0..<bytes.count - padding {
      #expect(!read(Array(bytes[..<length]), name), "\(length) bytes")
    }
  }

  @Test(arguments: files)
  func anyByteChanged(name: String) throws {
    let bytes = Array(try Fixture.data("checkpoints/\(name)"))
    for index in bytes.indices {
      for mask: UInt8 in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xFF] {
        var damaged = bytes
        damaged[index] ^= mask
        read(damaged, name)
      }
      for value: UInt8 in [0, 0x7F, 0xFF] {
        var damaged = bytes
        damaged[index] = value
        read(damaged, name)
      }
    }
  }

  @Test(arguments: files)
  func anyPieceChanged(name: String) throws {
    let bytes = Array(try Fixture.data("checkpoints/\(name)"))
    var random = SystemRandomNumberGenerator()
    for _ in 0..<3000 {
      var damaged = bytes
      let start = Int.random(in: damaged.indices, using: &random)
      let end = min(start + Int.random(in: 1...9, using: &random), damaged.count)
      switch Int.random(in: 0..<4, using: &random) {
      case 0: damaged.removeSubrange(start..<end)
      case 1: damaged.insert(contentsOf: damaged[start..<end], at: start)
      case 2: for i in start..<end { damaged[i] = .random(in: 0...255, using: &random) }
      default: for i in start..<end { damaged[i] = 0xFF }
      }
      read(damaged, name)
    }
  }
}
