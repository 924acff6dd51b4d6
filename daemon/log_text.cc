#include "daemon/log_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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

bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '<' || c == '>';
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int hex_digit(char c) {
  const char lower = to_lower(c);
  if (lower >= '0' && lower <= '9') return lower - '0';
  if (lower >= 'a' && lower <= 'f') return lower - 'a' + 10;
  return -1;
}

/// The name of a query field as a server reads it, in lower case, without '-' and '_'.
std::string plain_name(std::string_view name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    if (c == '%' && i + 2 < name.size() && hex_digit(name[i + 1]) >= 0 &&
        hex_digit(name[i + 2]) >= 0) {
      c = static_cast<char>(hex_digit(name[i + 1]) * 16 + hex_digit(name[i + 2]));
      i += 2;
    }
    if (c != '-' && c != '_') plain += to_lower(c);
  }
  return plain;
}

bool names_secret(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kParts = {
      "token",      "secret",        "passw",     "passphrase",
      "credential", "authorization", "signature", "apikey"};
  static constexpr std::array<std::string_view, 9> kWhole = {
      "auth", "pass", "pwd", "pin", "sig", "sid", "session", "sessionid", "jwt"};
  const std::string plain = plain_name(name);
  return plain.ends_with("key") ||
         std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return plain.find(part) != plain.npos; }) ||
         std::find(kWhole.begin(), kWhole.end(), plain) != kWhole.end();
}

std::string without_userinfo(std::string_view text) {
  std::string out;
  for (std::size_t slashes; (slashes = text.find("://")) != text.npos;) {
    const std::size_t host = slashes + 3;
    const auto end =
        std::find_if(text.begin() + static_cast<std::ptrdiff_t>(host), text.end(),
                     [](char c) { return ends_url(c) || c == '/' || c == '?' || c == '#'; });
    const std::string_view authority =
        text.substr(host, static_cast<std::size_t>(end - text.begin()) - host);
    const std::size_t at_sign = authority.rfind('@');
    out += text.substr(0, host);
    text.remove_prefix(host + (at_sign == authority.npos ? 0 : at_sign + 1));
  }
  return out.append(text);
}

std::string without_secret_fields(std::string_view text) {
  const auto ends_value = [](char c) { return ends_url(c) || c == '&' || c == ';' || c == '#'; };
  std::string out;
  while (!text.empty()) {
    // Each turn takes one field with the separator before it.
    const auto end = std::find_if(text.begin() + 1, text.end(),
                                  [&](char c) { return ends_value(c) || c == '?'; });
    const std::string_view field = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    const bool in_query = std::string_view("?&;#").find(field[0]) != std::string_view::npos;
    const std::size_t equals = field.find('=');
    if (in_query && equals != field.npos && names_secret(field.substr(1, equals - 1))) {
      out.append(field.substr(0, equals + 1)).append("[redacted]");
      // A '?' within the value is part of the secret.
      text.remove_prefix(static_cast<std::size_t>(
          std::find_if(text.begin() + 1, text.end(), ends_value) - text.begin()));
    } else {
      out += field;
      text.remove_prefix(field.size());
    }
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

std::string redact_urls(std::string_view text) {
  return without_secret_fields(without_userinfo(text));
}

}  // namespace feedwire::daemon
