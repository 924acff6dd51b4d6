#include "daemon/log_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>

#include "base/utf8.h"

namespace feedwire::daemon {
namespace {

constexpr std::string_view kEllipsis = "…";

/// Appends the character at `at`, escaped where it must not stand in a line, and moves `at` on.
void append_escaped(std::string& out, std::string_view text, std::size_t& at) {
  const std::size_t start = at;
  const char32_t c = decode_utf8(text, at);
  if (c == kInvalid) {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[start]));
  } else if (c == '\n') {
    out += "\\n";
  } else if (c == '\r') {
    out += "\\r";
  } else if (c == '\t') {
    out += "\\t";
  } else if (is_unsafe_char(c)) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(c));
  } else {
    out += text.substr(start, at - start);
  }
}

std::string escape(std::string_view text, bool quoted, std::size_t max_bytes) {
  std::string out;
  std::size_t fits_cut = 0;  // the longest start of `out` that leaves room for the ellipsis
  for (std::size_t at = 0; at < text.size();) {
    if (quoted && (text[at] == '"' || text[at] == '\\')) out += '\\';
    append_escaped(out, text, at);
    if (out.size() > max_bytes) {
      out.resize(fits_cut);
      return out.append(kEllipsis);
    }
    if (out.size() + kEllipsis.size() <= max_bytes) fits_cut = out.size();
  }
  return out;
}

}  // namespace

std::string log_value(std::string_view text) {
  const bool plain = !text.empty() && text.size() <= kMaxLogValueBytes && is_valid_utf8(text) &&
                     is_safe_text(text) && text.find_first_of(" \"\\") == std::string_view::npos;
  if (plain) return std::string(text);
  return fmt::format("\"{}\"", escape(text, true, kMaxLogValueBytes - 2));
}

std::string log_line(std::string_view text) { return escape(text, false, kMaxLogLineBytes); }

}  // namespace feedwire::daemon
