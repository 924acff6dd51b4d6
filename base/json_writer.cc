#include "base/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "base/appender.h"
#include "base/utf8.h"

namespace feedwire {
namespace {

constexpr std::uint8_t kQuote = '"', kBackslash = '\\';
constexpr std::size_t kShort = 128;  // bytes that are not worth an Appender
constexpr auto may_need_escape = [](auto c) {
  return (c == kQuote) | (c == kBackslash) | may_start_unsafe_char(c);
};

void append_unit(Appender& out, unsigned unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (const int shift : {12, 8, 4, 0}) out += kHex[(unit >> shift) & 15];
}

void append_escaped(Appender& out, char32_t c) {
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  if (c < 0x10000) return append_unit(out, c);
  append_unit(out, 0xd800 + ((c - 0x10000) >> 10));
  append_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

}  // namespace

void append_json_string(std::string& out_string, std::string_view text) {
  const auto confirm = [text](std::size_t at) {
    return text[at] == '"' || text[at] == '\\' || starts_unsafe_char(text, at);
  };
  if (text.size() < kShort && find_byte(text, 0, may_need_escape, confirm) == text.size()) {
    ((out_string += '"') += text) += '"';
    return;
  }
  Appender out(out_string, text.size() + text.size() / 16 + 2);
  out += '"';
  for (std::size_t at = 0;
       (at = out.copy_until(text, at, may_need_escape, confirm)) < text.size();) {
    const char byte = text[at];
    if (byte == '"' || byte == '\\') {
      (out += '\\') += byte;
      ++at;
    } else {
      append_escaped(out, decode_utf8(text, at));
    }
  }
  out += '"';
}

void JsonWriter::comma() {
  if (need_comma_) out_ += ',';
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  comma();
  out_ += '{';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_ += '}';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  comma();
  out_ += '[';
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_ += ']';
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  out_ += need_comma_ ? ",\"" : "\"";
  (out_ += name) += "\":";
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  comma();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  comma();
  fmt::format_to(std::back_inserter(out_), "{}", value);
  return *this;
}

JsonWriter& JsonWriter::real(double value) {
  comma();
  if (std::isfinite(value))
    fmt::format_to(std::back_inserter(out_), "{}", value);
  else
    out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  comma();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  comma();
  out_ += json;
  return *this;
}

}  // namespace feedwire
