#include "cli/json_text.h"

#include <fmt/format.h>

namespace feedwire::cli {
namespace {

std::string text_of(const rapidjson::Value& value) {
  if (value.IsString()) return {value.GetString(), value.GetStringLength()};
  if (value.IsBool()) return value.GetBool() ? "yes" : "no";
  if (value.IsInt64()) return fmt::format("{}", value.GetInt64());
  if (value.IsUint64()) return fmt::format("{}", value.GetUint64());
  if (value.IsDouble()) return fmt::format("{}", value.GetDouble());
  return {};
}

}  // namespace

rapidjson::Document parse_json(std::string_view text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  return document.HasParseError() ? rapidjson::Document() : std::move(document);
}

const rapidjson::Value* value_at(const rapidjson::Value& root,
                                 std::initializer_list<std::string_view> keys) {
  const rapidjson::Value* value = &root;
  for (const std::string_view key : keys) {
    if (!value->IsObject()) return nullptr;
    const auto member = value->FindMember(rapidjson::Value(
        rapidjson::StringRef(key.data(), static_cast<rapidjson::SizeType>(key.size()))));
    if (member == value->MemberEnd()) return nullptr;
    value = &member->value;
  }
  return value;
}

std::string text_at(const rapidjson::Value& root, std::initializer_list<std::string_view> keys) {
  const rapidjson::Value* value = value_at(root, keys);
  return value == nullptr ? std::string() : text_of(*value);
}

std::vector<const rapidjson::Value*> elements_at(const rapidjson::Value& root,
                                                 std::initializer_list<std::string_view> keys) {
  std::vector<const rapidjson::Value*> elements;
  const rapidjson::Value* value = value_at(root, keys);
  if (value == nullptr || !value->IsArray()) return elements;
  for (const rapidjson::Value& element : value->GetArray()) elements.push_back(&element);
  return elements;
}

std::vector<std::string> texts_at(const rapidjson::Value& root,
                                  std::initializer_list<std::string_view> keys) {
  std::vector<std::string> texts;
  for (const rapidjson::Value* element : elements_at(root, keys))
    texts.push_back(text_of(*element));
  return texts;
}

}  // namespace feedwire::cli
