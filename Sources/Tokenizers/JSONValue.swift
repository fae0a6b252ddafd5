/// A JSON value; objects keep their members in file order.
enum JSONValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([(key: String, value: JSONValue)])
}

/// A value with the path that leads to it, so that a wrong type is reported by name.
struct JSONNode: Sendable {
  let value: JSONValue
  let path: String

  init(_ value: JSONValue, path: String = "") {
    self.value = value
    self.path = path
  }

  /// The member of that name; `null` where there is none, as the format treats both alike.
  subscript(_ key: String) -> JSONNode {
    var found = JSONValue.null
    if case .object(let members) = value, let member = members.last(where: { $0.key == key }) {
      found = member.value
    }
    return JSONNode(found, path: path.isEmpty ? key : "\(path).\(key)")
  }

  var isNull: Bool { if case .null = value { true } else { false } }

  func string() throws(TokenizerError) -> String {
    guard case .string(let text) = value else { throw wrong("a string") }
    return text
  }

  func optionalString() throws(TokenizerError) -> String? { isNull ? nil : try string() }

  func bool(default fallback: Bool) throws(TokenizerError) -> Bool {
    if isNull { return fallback }
    guard case .bool(let flag) = value else { throw wrong("true or false") }
    return flag
  }

  func integer() throws(TokenizerError) -> Int {
    guard case .integer(let number) = value else { throw wrong("an integer") }
    return number
  }

  func array() throws(TokenizerError) -> [JSONNode] {
    guard case .array(let items) = value else { throw wrong("an array") }
    return items.enumerated().map { JSONNode($1, path: "\(path)[\($0)]") }
  }

  func members() throws(TokenizerError) -> [(key: String, value: JSONValue)] {
    guard case .object(let members) = value else { throw wrong("an object") }
    return members
  }

  func wrong(_ expected: String) -> TokenizerError { .wrongValue(key: path, expected: expected) }
}
