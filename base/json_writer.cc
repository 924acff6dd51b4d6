#include "base/json_writer.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>

#include "base/utf8.h"

namespace feedwire {
namespace {

// What a byte may mean: nothing, an escape by itself, or the lead of a sequence to be looked at.
enum class ByteClass : std::uint8_t { plain, escape, lead };

constexpr std::array<ByteClass, 256> make_classes() {
  std::array<ByteClass, 256> classes{};
  for (int byte = 0; byte < 0x20; ++byte)
    classes[static_cast<std::size_t>(byte)] = ByteClass::escape;
  classes['"'] = classes['\\'] = classes[0x7f] = ByteClass::escape;
  // C1 begins with C2; U+20xx with E2; U+FEFF and U+FDD0-FDEF, U+FFFE/F with EF; the noncharacters
  // at the end of each further plane with F0 to F4.
  classes[0xc2] = classes[0xe2] = classes[0xef] = ByteClass::lead;
  for (std::size_t byte = 0xf0; byte <= 0xf4; ++byte) classes[byte] = ByteClass::lead;
  return classes;
}

constexpr std::array<ByteClass, 256> kClasses = make_classes();

void append_unit(std::string& out, unsigned unit) {
  fmt::format_to(std::back_inserter(out), "\\u{:04x}", unit);
}

void append_ascii_escape(std::string& out, char byte) {
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
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
      append_unit(out, static_cast<unsigned char>(byte));
  }
}

void append_escaped(std::string& out, char32_t c) {
  if (c < 0x10000) return append_unit(out, c);
  append_unit(out, 0xd800 + ((c - 0x10000) >> 10));
  append_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t written = 0;
  std::size_t at = 0;
  const auto flush = [&] { out.append(text.data() + written, at - written); };
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const ByteClass kind = kClasses[byte];
    if (kind == ByteClass::plain) {
      ++at;
    } else if (kind == ByteClass::escape) {
      flush();
      append_ascii_escape(out, text[at]);
      written = ++at;
    } else {
      std::size_t next = at;
      const char32_t c = decode_utf8(text, next);
      if (c == kInvalid || !is_unsafe_char(c)) {
        at = next;
      } else {
        flush();
        append_escaped(out, c);
        written = at = next;
      }
    }
  }
  flush();
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
  comma();
  out_ += '"';
  out_ += name;
  out_ += "\":";
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
