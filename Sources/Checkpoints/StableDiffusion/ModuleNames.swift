/// Pairs of names that the same modules have in two layouts of a network, for translating the tensors below them.
struct ModuleNames {
  private var names: [String: String] = [:]

  /// A module and everything below it; a longer name goes before a shorter one that contains it.
  mutating func add(_ from: String, _ to: String) { names[from] = to }

  /// The same pairs the other way round.
  var inverse: ModuleNames {
    var inverse = ModuleNames()
    for (from, to) in names { inverse.names[to] = from }
    return inverse
  }

  /// The translated name of a tensor; nil if none of the modules holds it.
  func callAsFunction(_ name: String) -> String? {
    var end = name.endIndex
    while true {
      if let module = names[String(name[..<end])] { return module + name[end...] }
      guard let dot = name[..<end].lastIndex(of: ".") else { return nil }
      end = dot
    }
  }
}

/// The names of a network's tensors, as a tree to ask what there is.
package struct NameTree {
  private var children: [String: Set<String>] = [:]

  package init(_ names: some Sequence<String>) {
    for name in names {
      var end = name.endIndex
      while let dot = name[..<end].lastIndex(of: ".") {
        let child = String(name[name.index(after: dot)..<end])
        if !children[String(name[..<dot]), default: []].insert(child).inserted { break }
        end = dot
      }
    }
  }

  package func has(_ module: String) -> Bool { children[module] != nil }

  /// How many modules are numbered from 0 on below this one.
  package func count(_ module: String) -> Int {
    let children = children[module] ?? []
    var count = 0
    while children.contains("\(count)") { count += 1 }
    return count
  }
}
