#include "config/read_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/ip_network.h"
#include "base/time_zones.h"
#include "base/utf8.h"
#include "config/byte_size.h"
#include "config/credential.h"
#include "config/duration.h"
#include "config/feed_url.h"
#include "config/suggest.h"

namespace feedwire::config {
namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a floating-point number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

bool is_slug(std::string_view text) {
  const auto ordinary = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 64 && ordinary(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return ordinary(c) || c == '.' || c == '_' || c == '-'; });
}

std::string slug_of(std::string_view text) {
  std::string slug;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ' || c == '/') c = '-';
    if (is_slug(slug + c)) slug += c;
  }
  return slug;
}

// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// What the fetcher must decide itself, or the answer is not what it takes it for.
bool is_reserved_header(std::string_view name) {
  static constexpr std::string_view kReserved[] = {
      "accept-encoding", "connection",        "content-length", "expect",  "host",
      "if-none-match",   "if-modified-since", "range",          "te",      "transfer-encoding",
      "upgrade",         "trailer",           "keep-alive",     "if-range"};
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(std::begin(kReserved), std::end(kReserved), folded) != std::end(kReserved);
}

// "host:port" is checked as the authority of a URL.
bool is_address(std::string_view text) {
  const bool has_port =
      text.starts_with('[') ? text.find("]:") != text.npos : text.find(':') != text.npos;
  return has_port && text.find('/') == text.npos && check_feed_url(fmt::format("http://{}/", text));
}

// Hubs are told it, with a secret part: what they send there must not be read on its way.
bool is_base_url(std::string_view text) {
  const bool is_http = text.starts_with("http://");
  if (!check_feed_url(text) || text.find_first_of("?#") != text.npos) return false;
  if (!is_http) return true;
  const std::string_view rest = text.substr(std::string_view("http://").size());
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const bool is_v6 = authority.starts_with("[::1]");
  const std::string_view host = is_v6 ? "[::1]" : authority.substr(0, authority.find(':'));
  return is_v6 || host == "localhost" || (host.starts_with("127.") && IpAddress::parse(host));
}

bool is_proxy_url(std::string_view text) {
  for (const std::string_view scheme :
       {"http://", "https://", "socks4://", "socks4a://", "socks5://", "socks5h://"}) {
    if (!text.starts_with(scheme)) continue;
    std::string_view authority = text.substr(scheme.size());
    authority.remove_prefix(authority.find('@') == authority.npos ? 0 : authority.find('@') + 1);
    return static_cast<bool>(check_feed_url(fmt::format("http://{}", authority)));
  }
  return false;
}

// Reads one value; each operator() is the reader of one type of slot.
class ValueReader {
 public:
  ValueReader(const toml::node& node, const KeySpec& spec, const std::filesystem::path& dir)
      : node_(node), spec_(spec), dir_(dir) {}

  void operator()(std::string* out) {
    if (const auto* text = string_at(node_); text != nullptr && check_text(node_, *text)) {
      *out = spec_.kind == Kind::path ? resolved(*text) : *text;
      if (spec_.kind == Kind::feed_url) *out = check_feed_url(*text).value();
    }
  }

  void operator()(std::filesystem::path* out) {
    const auto* text = string_at(node_);
    if (text == nullptr || !check_text(node_, *text)) return;
    if (text->empty()) return report(node_, "must not be empty");
    *out = resolved(*text);
  }

  void operator()(std::vector<std::filesystem::path>* out) {
    std::vector<std::string> texts;
    if (!read_list(texts)) return;
    for (const std::string& text : texts) out->push_back(resolved(text));
  }

  void operator()(std::vector<std::string>* out) {
    std::vector<std::string> texts;
    if (read_list(texts)) *out = std::move(texts);
  }

  void operator()(std::uint32_t* out) {
    const auto* value = node_.as_integer();
    if (value == nullptr) return report_type(node_);
    if (in_range(static_cast<double>(value->get())))
      *out = static_cast<std::uint32_t>(value->get());
  }

  void operator()(double* out) {
    const std::optional<double> value = node_.is_number() ? node_.value<double>() : std::nullopt;
    if (!value || !std::isfinite(*value)) return report_type(node_);
    if (in_range(*value)) *out = *value;
  }

  void operator()(bool* out) {
    const auto* value = node_.as_boolean();
    if (value == nullptr) return report_type(node_);
    *out = value->get();
  }

  void operator()(std::uint64_t* out) {
    const auto* text = string_at(node_);
    if (text == nullptr) return;
    const Result<std::uint64_t> bytes = parse_byte_size(*text);
    if (!bytes) return report(node_, "expected " + describe(spec_), size_guess(*text));
    if (in_range(static_cast<double>(*bytes))) *out = *bytes;
  }

  void operator()(std::chrono::seconds* out) {
    if (const auto* text = string_at(node_)) read_duration(*text, *out);
  }

  void operator()(std::optional<std::chrono::seconds>* out) {
    const auto* text = string_at(node_);
    if (text == nullptr) return;
    std::chrono::seconds duration{};
    if (text->empty())
      out->reset();
    else if (read_duration(*text, duration))
      *out = duration;
  }

  void operator()(std::map<std::string, std::string>* out) {
    const toml::table* table = node_.as_table();
    if (table == nullptr) return report_type(node_);
    std::map<std::string, std::string> read;
    for (const auto& [key, value] : *table) {
      const auto* text = string_at(value);
      if (check_field_name(key) && text != nullptr && check_text(value, *text))
        read.insert_or_assign(std::string(key.str()), *text);
    }
    if (!problems_.empty()) return;
    for (auto& [name, text] : read) out->insert_or_assign(name, std::move(text));
  }

  std::vector<Problem> take_problems() { return std::move(problems_); }

 private:
  void report(const toml::node& where, std::string message, std::string suggestion = {}) {
    problems_.push_back({where.source(), std::move(message), std::move(suggestion)});
  }

  void report_type(const toml::node& where) {
    report(where, fmt::format("expected {}, not {}", describe(spec_), type_name(where)),
           type_guess(where));
  }

  // The string in `node`, or a problem.
  const std::string* string_at(const toml::node& node) {
    if (const auto* text = node.as_string()) return &text->get();
    report_type(node);
    return nullptr;
  }

  // What somebody meant who left out the quotes, the unit or the brackets.
  std::string type_guess(const toml::node& node) const {
    const auto* text = node.as_string();
    const auto* number = node.as_integer();
    if (text != nullptr &&
        (spec_.kind == Kind::count || spec_.kind == Kind::number || spec_.kind == Kind::flag))
      return "write it without quotes";
    if (text != nullptr &&
        (spec_.kind == Kind::texts || spec_.kind == Kind::networks || spec_.kind == Kind::paths))
      return fmt::format("did you mean [{}]?", toml_string(text->get()));
    if (number != nullptr && spec_.kind == Kind::duration && number->get() >= 0)
      return did_you_mean(fmt::format("{}s", number->get()));
    if (number != nullptr && spec_.kind == Kind::size && number->get() >= 0)
      return did_you_mean(format_byte_size(static_cast<std::uint64_t>(number->get())));
    return {};
  }

  bool in_range(double value) {
    if (value < spec_.range.least)
      report(node_, fmt::format("must be {} or more", shown_limit(spec_, spec_.range.least)));
    else if (value > spec_.range.most)
      report(node_, fmt::format("must be {} or less", shown_limit(spec_, spec_.range.most)));
    else
      return true;
    return false;
  }

  bool read_duration(const std::string& text, std::chrono::seconds& out) {
    const Result<std::chrono::seconds> duration = parse_duration(text);
    if (!duration)
      report(node_, "expected " + describe(spec_), duration_guess(text));
    else if (in_range(static_cast<double>(duration->count())))
      out = *duration;
    return problems_.empty();
  }

  // "1 hour" -> "1h", "90" -> "90s"
  static std::string duration_guess(std::string_view text) {
    const std::string number(text.substr(0, text.find_first_not_of("0123456789")));
    std::string_view unit = text.substr(number.size());
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    const std::string guess =
        number + (unit.empty() ? 's' : static_cast<char>(unit[0] | 0x20));  // lower case
    return did_you_mean(parse_duration(guess) ? guess : "");
  }

  // "64MB", "64 mib", "64M" -> "64MiB"; "100" -> "100B"
  static std::string size_guess(std::string_view text) {
    const std::string number(text.substr(0, text.find_first_not_of("0123456789")));
    std::string_view unit = text.substr(number.size());
    unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
    std::string guess = number;
    if (!unit.empty() && (unit[0] | 0x20) != 'b')
      guess.append(1, static_cast<char>(unit[0] & ~0x20)).append("i");  // upper case
    guess += 'B';
    return did_you_mean(parse_byte_size(guess) ? guess : "");
  }

  bool read_list(std::vector<std::string>& out) {
    const toml::array* list = node_.as_array();
    if (list == nullptr) {
      report_type(node_);
      return false;
    }
    for (const toml::node& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr) {
        report(element, fmt::format("expected a string, not {}", type_name(element)));
      } else if (text->get().empty()) {
        report(element, "must not be empty");
      } else if (check_text(element, text->get())) {
        out.push_back(text->get());
      }
    }
    return problems_.empty();
  }

  bool check_text(const toml::node& where, const std::string& text);
  bool check_field_name(const toml::key& key);

  std::string resolved(const std::string& path) const {
    return path.empty() ? path : (dir_ / path).lexically_normal().native();
  }

  const toml::node& node_;
  const KeySpec& spec_;
  const std::filesystem::path& dir_;
  std::vector<Problem> problems_;
};

bool ValueReader::check_text(const toml::node& where, const std::string& text) {
  const std::size_t before = problems_.size();
  const auto expect = [&](bool right, std::string suggestion = {}) {
    if (!right) report(where, "expected " + describe(spec_), std::move(suggestion));
  };
  switch (spec_.kind) {
    case Kind::choice:
      expect(std::find(spec_.choices.begin(), spec_.choices.end(), text) != spec_.choices.end(),
             did_you_mean(closest(text, spec_.choices)));
      break;
    case Kind::name:
      expect(text.empty() || is_slug(text), did_you_mean(slug_of(text)));
      break;
    case Kind::feed_url:
      if (Result<std::string> url = check_feed_url(text); !url)
        report(where, url.error().message, did_you_mean(suggest_feed_url(text)));
      break;
    case Kind::proxy_url:
      expect(text.empty() || is_proxy_url(text));
      break;
    case Kind::address:
      expect(text.empty() || is_address(text));
      break;
    case Kind::base_url:
      expect(text.empty() || is_base_url(text));
      break;
    case Kind::zone:
      expect(configured_offset(text, {}).has_value());
      break;
    case Kind::networks:
      if (Result<IpNetwork> network = IpNetwork::parse(text); !network)
        report(where, network.error().message);
      break;
    case Kind::headers:
      if (const auto name = credential_name(text); name && !is_credential_name(*name))
        report(where,
               "a credential's name is 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit");
      break;
    case Kind::hosts:
      if (!check_feed_url(fmt::format("http://{}/", text)) || text.find('/') != text.npos)
        report(where, "expected a host name such as \"www.example.org\"");
      break;
    default:
      break;
  }
  if (before == problems_.size() && !is_safe_text(text))
    report(where, "control characters have no place here");
  return before == problems_.size();
}

bool ValueReader::check_field_name(const toml::key& key) {
  const std::string_view name = key.str();
  const auto report_key = [&](std::string message) {
    problems_.push_back({key.source(), std::move(message), {}});
    return false;
  };
  if (spec_.kind == Kind::headers) {
    if (!is_token(name))
      return report_key(fmt::format("\"{}\" is not the name of a header field", name));
    if (is_reserved_header(name)) return report_key(fmt::format("feedwired sets {} itself", name));
  }
  if (spec_.kind == Kind::hosts &&
      (!check_feed_url(fmt::format("http://{}/", name)) || name.find('/') != name.npos))
    return report_key("expected a host name such as \"m.example.org\"");
  return true;
}

}  // namespace

std::vector<Problem> read_value(const toml::node& node, const KeySpec& spec,
                                const std::filesystem::path& dir, const Slot& slot) {
  ValueReader reader(node, spec, dir);
  std::visit([&](auto* out) { reader(out); }, slot);
  return reader.take_problems();
}

}  // namespace feedwire::config
