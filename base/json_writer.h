// Writes JSON (RFC 8259) for events and parsed feeds: the hot path, hence our own. Every string is
// safe in a terminal and for every line splitter: storage/event_log.md, "Text".

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace feedwire {

/// Appends `text`, which must be valid UTF-8, in quotes. Escaped beside `"` and `\`: C0, DEL, C1,
/// U+2028/2029, bidi controls (U+202A-202E, U+2066-2069), U+FEFF and noncharacters.
void append_json_string(std::string& out, std::string_view text);

/// Appends one JSON document to a string; places the commas. The caller keeps the order right:
/// in an object each value is preceded by key(). Used by one thread at a time.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);  // of our own making: printed without escapes
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::int64_t value);
  JsonWriter& real(double value);  // shortest form that reads back the same; null if not finite
  JsonWriter& boolean(bool value);
  /// A value that is JSON already.
  JsonWriter& raw(std::string_view json);

  JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).number(value); }
  /// The field only if there is something to say: unknown means absent, never "" or null.
  JsonWriter& field_if(std::string_view name, std::string_view text) {
    return text.empty() ? *this : field(name, text);
  }

 private:
  void comma();

  std::string& out_;
  bool need_comma_ = false;
};

}  // namespace feedwire
