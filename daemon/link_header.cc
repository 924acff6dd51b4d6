#include "daemon/link_header.h"

#include <algorithm>
#include <optional>

#include "feeds/ascii.h"
#include "feeds/url.h"

namespace feedwire::daemon {
namespace {

constexpr std::string_view kSpace = " \t";

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
}

bool skip(std::string_view& text, char wanted) {
  skip_space(text);
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

std::string_view take_until(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

// A token, or a quoted-string without its quotes (RFC 9110 5.6.4).
std::string take_value(std::string_view& text) {
  if (!skip(text, '"')) return std::string(feeds::trim(take_until(text, ";,")));
  std::string value;
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  skip(text, '"');
  return value;
}

bool names_relation(std::string_view relations, std::string_view relation) {
  while (!relations.empty()) {
    skip_space(relations);
    if (feeds::iequals_ascii(take_until(relations, kSpace), relation)) return true;
  }
  return false;
}

struct WebLink {
  std::string_view target;
  std::optional<std::string> relations;  // the first rel counts (RFC 8288 3.3)
  bool has_anchor = false;
};

// The next link-value; nothing where the rest is none.
std::optional<WebLink> take_link(std::string_view& text) {
  while (skip(text, ',')) continue;
  if (!skip(text, '<')) return std::nullopt;
  WebLink link;
  link.target = take_until(text, ">");
  skip(text, '>');
  while (skip(text, ';')) {
    skip_space(text);
    const std::string_view name = feeds::trim(take_until(text, "=;,"));
    std::string value = skip(text, '=') ? take_value(text) : std::string();
    if (feeds::iequals_ascii(name, "rel") && !link.relations) link.relations = std::move(value);
    if (feeds::iequals_ascii(name, "anchor")) link.has_anchor = true;
  }
  return link;
}

}  // namespace

std::string linked_url(const HttpResponse& response, std::string_view relation) {
  for (const auto& [name, value] : response.headers) {
    if (name != "link") continue;
    std::string_view rest = value;
    while (const std::optional<WebLink> link = take_link(rest)) {
      if (link->has_anchor || !names_relation(link->relations.value_or(""), relation)) continue;
      std::string url = feeds::resolve_url(response.final_url, link->target);
      if (!url.empty()) return url;
    }
  }
  return {};
}

}  // namespace feedwire::daemon
