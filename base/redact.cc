#include "base/redact.h"

#include <algorithm>
#include <array>

namespace feedwire {
namespace {

constexpr std::string_view kMasked = "***";  // userinfo that somebody has replaced already

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
    const bool has_secret = at_sign != authority.npos && authority.substr(0, at_sign) != kMasked;
    out += text.substr(0, host);
    text.remove_prefix(host + (has_secret ? at_sign + 1 : 0));
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
      out.append(field.substr(0, equals + 1)).append(kRedacted);
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

std::string redact_urls(std::string_view text) {
  // Most feeds' URLs have neither a query nor userinfo.
  if (text.find_first_of("?&;#@") == text.npos) return std::string(text);
  return without_secret_fields(without_userinfo(text));
}

}  // namespace feedwire
