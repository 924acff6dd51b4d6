// Looking things up in JSON documents of our own making, which a newer daemon may have added to.

#pragma once

#include <rapidjson/document.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace feedwire::cli {

/// A null document if `text` is no JSON. Nesting costs no stack.
rapidjson::Document parse_json(std::string_view text);

/// The value under these keys; a null pointer where there is none.
const rapidjson::Value* value_at(const rapidjson::Value& root,
                                 std::initializer_list<std::string_view> keys);

/// The same as text, numbers as they are written, booleans as yes and no; "" where there is none.
std::string text_at(const rapidjson::Value& root, std::initializer_list<std::string_view> keys);

/// The strings of the array there.
std::vector<std::string> texts_at(const rapidjson::Value& root,
                                  std::initializer_list<std::string_view> keys);

/// The elements of the array there; none where there is no array.
std::vector<const rapidjson::Value*> elements_at(const rapidjson::Value& root,
                                                 std::initializer_list<std::string_view> keys);

}  // namespace feedwire::cli
