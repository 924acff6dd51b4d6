// What hubs and the API's clients put into paths and queries: percent-escapes. Input: a path, or a
// field of a query.

#include <string>

#include "base/utf8.h"
#include "daemon/api_message.h"
#include "fuzz/harness.h"

using namespace feedwire;

namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

std::string escaped(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

void check_text(std::string_view text) {
  fuzz::require(is_valid_utf8(text), "no UTF-8", text);
  for (const char c : text) fuzz::require(!is_control(c), "a control character", text);
  const Result<std::string> again = daemon::percent_decode(escaped(text));
  fuzz::require(again && *again == text, "it does not come back", text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto field = fuzz::within_limits(size, [&] { return daemon::percent_decode(text); });
  if (field) {
    check_text(*field);
    fuzz::require(field->size() <= text.size(), "it grew", *field);
    if (text.find('%') == text.npos) fuzz::require(*field == text, "plain text changed", *field);
  }
  const auto path = fuzz::within_limits(size, [&] { return daemon::split_path(text); });
  if (!path) return 0;
  fuzz::require(static_cast<bool>(field), "a path of what cannot be decoded", text);
  std::string whole;
  for (const std::string& segment : *path) {
    check_text(segment);
    whole.append("/").append(segment);
  }
  fuzz::require(whole == *field, "the segments are not the path", whole);
  return 0;
}
