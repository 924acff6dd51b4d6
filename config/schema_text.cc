#include <fmt/format.h>

#include "base/redact.h"
#include "base/utf8.h"
#include "config/byte_size.h"
#include "config/credential.h"
#include "config/duration.h"
#include "config/feed_url.h"
#include "config/schema.h"

namespace feedwire::config {
namespace {

struct Printer {
  const KeySpec& spec;

  std::string operator()(const std::string* text) const {
    if (spec.kind == Kind::feed_url) return toml_string(redact_urls(*text));
    return toml_string(spec.kind == Kind::proxy_url ? without_userinfo(*text) : *text);
  }
  std::string operator()(const std::filesystem::path* path) const {
    return toml_string(path->native());
  }
  std::string operator()(const std::uint32_t* count) const { return fmt::format("{}", *count); }
  std::string operator()(const std::uint64_t* bytes) const {
    return toml_string(format_byte_size(*bytes));
  }
  std::string operator()(const double* number) const { return fmt::format("{}", *number); }
  std::string operator()(const bool* flag) const { return *flag ? "true" : "false"; }
  std::string operator()(const std::chrono::seconds* duration) const {
    return toml_string(format_duration(*duration));
  }
  std::string operator()(const std::optional<std::chrono::seconds>* duration) const {
    return toml_string(*duration ? format_duration(**duration) : "");
  }
  std::string operator()(const std::vector<std::string>* texts) const {
    std::string out;
    for (const std::string& text : *texts) out += (out.empty() ? "" : ", ") + toml_string(text);
    return "[" + out + "]";
  }
  std::string operator()(const std::vector<std::filesystem::path>* paths) const {
    std::vector<std::string> texts;
    for (const std::filesystem::path& path : *paths) texts.push_back(path.native());
    return (*this)(&texts);
  }
  std::string operator()(const std::map<std::string, std::string>* table) const {
    std::string out;
    for (const auto& [name, text] : *table) {
      out += out.empty() ? " " : ", ";
      // A header may hold a password.
      const bool hidden = spec.kind == Kind::headers && !credential_name(text);
      out += toml_string(name) + " = " + toml_string(hidden ? "***" : text);
    }
    return out.empty() ? "{}" : "{" + out + " }";
  }
};

}  // namespace

std::string shown_value(const KeySpec& spec, const Slot& slot) {
  return std::visit(Printer{spec}, slot);
}

std::string shown_limit(const KeySpec& spec, double limit) {
  if (spec.kind == Kind::duration)
    return format_duration(std::chrono::seconds(static_cast<std::int64_t>(limit)));
  if (spec.kind == Kind::size) return format_byte_size(static_cast<std::uint64_t>(limit));
  return fmt::format("{}", limit);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = decode_utf8(text, at);
    if (c == kInvalid) {
      append_utf8(out, kReplacement);
    } else if (c == U'"' || c == U'\\') {
      out.append("\\").append(text.substr(start, 1));
    } else if (is_unsafe_char(c)) {
      out += fmt::format("\\U{:08X}", static_cast<std::uint32_t>(c));
    } else {
      out.append(text.substr(start, at - start));
    }
  }
  return out += '"';
}

std::string describe(const KeySpec& spec) {
  switch (spec.kind) {
    case Kind::text:
      return "a string";
    case Kind::choice: {
      std::string words;
      for (const std::string_view word : spec.choices)
        words += fmt::format("{}\"{}\"", words.empty() ? "" : ", ", word);
      return "one of " + words;
    }
    case Kind::path:
      return "a path";
    case Kind::name:
      return "a name of 1 to 64 of a-z 0-9 . _ -, the first a letter or digit";
    case Kind::feed_url:
      return R"(a URL such as "https://example.org/feed")";
    case Kind::proxy_url:
      return R"(a proxy such as "http://10.1.2.3:3128" or "socks5://host:1080")";
    case Kind::address:
      return R"(an address such as "127.0.0.1:8080" or "[::1]:8080")";
    case Kind::base_url:
      return R"(a URL such as "https://example.org/websub" (http only on loopback))";
    case Kind::zone:
      return R"(a time zone such as "+08:00" or "Asia/Shanghai")";
    case Kind::duration:
      return R"(a duration such as "90s", "15m", "6h" or "7d")";
    case Kind::size:
      return R"(a size such as "512KiB", "64MiB" or "1GiB")";
    case Kind::count:
      return "a whole number";
    case Kind::number:
      return "a number";
    case Kind::flag:
      return "true or false";
    case Kind::paths:
      return "a list of paths";
    case Kind::texts:
      return "a list of strings";
    case Kind::networks:
      return R"(a list of networks such as ["10.0.0.0/8", "fd00::/8"])";
    case Kind::hosts:
      return R"(a table of hosts such as { "m.example.org" = "www.example.org" })";
    case Kind::headers:
      return R"(a table of header fields such as { Authorization = "Bearer …" })";
  }
  return {};
}

}  // namespace feedwire::config
