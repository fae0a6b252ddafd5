import Tensors

/// What a pickle builds, as far as a checkpoint's tensors need it. Containers and tensors are indices into a `Pickle`, so
/// that no nesting or cycle in a file becomes one in memory.
enum PickleValue {
  case int(Int)
  case string(String)
  case tuple(Int)
  case dict(Int)
  /// `module.name`, never called.
  case global(String)
  case storage(Int)
  case tensor(Int)
  /// Anything else, by what it is.
  case other(String)
}

/// The finished contents of a pickle.
struct Pickle {
  /// An entry of the archive that holds elements.
  struct Storage {
    let dtype: DType
    let key: String
    let count: Int
  }

  /// A strided view of a storage, in elements.
  struct TensorView {
    let storage: Storage
    let offset: Int
    let shape: [Int]
    let strides: [Int]
  }

  var root = PickleValue.other("nothing")
  var tuples: [[PickleValue]] = []
  var dicts: [[(key: PickleValue, value: PickleValue)]] = []
  var storages: [Storage] = []
  var tensors: [TensorView] = []

  /// The values of a dictionary under its string keys; the last of equal keys counts, as in Python.
  func members(_ dict: Int) -> [String: PickleValue] {
    var members: [String: PickleValue] = [:]
    for case (.string(let key), let value) in dicts[dict] { members[key] = value }
    return members
  }

  mutating func makeTuple(_ items: [PickleValue]) -> PickleValue {
    tuples.append(items)
    return .tuple(tuples.count - 1)
  }

  mutating func makeDict() -> PickleValue {
    dicts.append([])
    return .dict(dicts.count - 1)
  }

  /// What calling `callable` gives. Nothing is executed: dictionaries and tensors are known, harmless objects beside
  /// them are inert, and whatever else a pickle would have Python run is refused.
  mutating func call(_ callable: PickleValue, _ arguments: PickleValue) throws(Fault) -> PickleValue {
    guard case .global(let name) = callable, case .tuple(let index) = arguments else {
      throw Fault("its pickle calls something that is not a function's name; nothing was run")
    }
    guard PickledObjects.isHarmless(name) else {
      throw Fault(
        "its pickle would run \(quoted(name)); nothing was run, and nobody should load it elsewhere")
    }
    let arguments = tuples[index]
    switch name {
    case "collections.OrderedDict" where arguments.isEmpty: return makeDict()
    case "torch._utils._rebuild_parameter" where !arguments.isEmpty: return arguments[0]
    case "torch._utils._rebuild_tensor_v2":
      guard arguments.count >= 4, case .storage(let storage) = arguments[0],
        case .int(let offset) = arguments[1],
        let shape = integers(arguments[2]), let strides = integers(arguments[3]), shape.count == strides.count
      else { throw Fault("its pickle holds a malformed tensor") }
      tensors.append(
        TensorView(storage: storages[storage], offset: offset, shape: shape, strides: strides))
      return .tensor(tensors.count - 1)
    default: return .other(name)
    }
  }

  /// What a persistent id stands for: `("storage", torch.FloatStorage, key, device, count)`.
  mutating func load(_ id: PickleValue) throws(Fault) -> PickleValue {
    guard case .tuple(let index) = id, tuples[index].count == 5, case .global(let type) = tuples[index][1],
      case .string(let key) = tuples[index][2], case .int(let count) = tuples[index][4]
    else { throw Fault("its pickle holds a malformed storage") }
    let types: [String: DType] = [
      "Double": .float64, "Float": .float32, "Half": .float16, "BFloat16": .bfloat16, "Long": .int64,
      "Int": .int32,
      "Short": .int16, "Char": .int8, "Byte": .uint8, "Bool": .bool,
    ]
    guard type.hasPrefix("torch."), type.hasSuffix("Storage"),
      let dtype = types[String(type.dropFirst(6).dropLast(7))]
    else { throw Fault("its pickle stores elements as \(quoted(type)), which is not supported") }
    storages.append(Storage(dtype: dtype, key: key, count: count))
    return .storage(storages.count - 1)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    guard case .tuple(let index) = value else { return nil }
    var integers: [Int] = []
    for item in tuples[index] {
      guard case .int(let integer) = item else { return nil }
      integers.append(integer)
    }
    return integers
  }
}
