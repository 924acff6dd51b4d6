#include "storage/json_members.h"

#include <rapidjson/document.h>

#include "base/byte_scan.h"

namespace feedwire::storage {
namespace {

constexpr std::uint8_t kQuote = '"', kBackslash = '\\';

// The end of the string whose opening quote is at `at`.
std::size_t skip_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size(); at += 2) {
    at = find_byte(json, at, [](auto c) { return (c == kQuote) | (c == kBackslash); });
    if (at == json.size() || json[at] == '"') break;
  }
  return at + 1;
}

// The end of the value that begins at `at`: the "," or bracket behind it on its own level.
std::size_t skip_value(std::string_view json, std::size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = skip_string(json, at);
      continue;
    }
    if (depth == 0 && (c == ',' || c == '}' || c == ']')) return at;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return json.size();
}

}  // namespace

std::vector<Member> split_object(std::string_view object) {
  std::vector<Member> members;
  std::size_t at = 1;
  while (at < object.size() && object[at] == '"') {
    const std::size_t name_end = skip_string(object, at);
    const std::size_t value_end = skip_value(object, name_end + 1);
    if (value_end >= object.size()) break;
    members.push_back({object.substr(at + 1, name_end - at - 2),
                       object.substr(name_end + 1, value_end - name_end - 1)});
    at = value_end + 1;
  }
  return members;
}

std::vector<std::string_view> split_array(std::string_view array) {
  std::vector<std::string_view> elements;
  std::size_t at = 1;
  while (at < array.size() && array[at] != ']') {
    const std::size_t end = skip_value(array, at);
    elements.push_back(array.substr(at, end - at));
    at = end + 1;
  }
  return elements;
}

std::string join_object(std::span<const Member> members) {
  std::string object = "{";
  for (const Member& member : members) {
    if (object.size() > 1) object += ',';
    object.append("\"").append(member.name).append("\":").append(member.value);
  }
  return object += '}';
}

std::optional<std::string_view> find_member(std::string_view object, std::string_view name) {
  for (const Member& member : split_object(object))
    if (member.name == name) return member.value;
  return std::nullopt;
}

std::string string_value(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsString()) return {};
  return {document.GetString(), document.GetStringLength()};
}

}  // namespace feedwire::storage
