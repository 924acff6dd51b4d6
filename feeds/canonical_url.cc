// The canonical URL of identity rules 4.4, and what is derived from it.

#include <algorithm>
#include <string>
#include <vector>

#include "feeds/ascii.h"
#include "feeds/tracking_params.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

constexpr int kMaxRedirectors = 4;  // one within another

struct Redirector {
  std::string_view host;  // without "www."; "google." stands for every google.TLD
  std::string_view path;  // prefix
  std::string_view param;
};

constexpr Redirector kRedirectors[] = {
    {"google.", "/url", "url"},
    {"google.", "/url", "q"},
    {"news.google.com", "/news/url", "url"},
    {"news.google.com", "/", "url"},
    {"l.facebook.com", "/l.php", "u"},
    {"lm.facebook.com", "/l.php", "u"},
    {"youtube.com", "/redirect", "q"},
    {"out.reddit.com", "/", "url"},
    {"duckduckgo.com", "/l/", "uddg"},
    {"bing.com", "/news/apiclick.aspx", "url"},
    {"t.umblr.com", "/redirect", "z"},
    {"vk.com", "/away.php", "to"},
    {"steamcommunity.com", "/linkfilter/", "url"},
    {"slack-redir.net", "/link", "url"},
    {"link.zhihu.com", "/", "target"},
    {"link.juejin.cn", "/", "target"},
    {"link.csdn.net", "/", "target"},
    {"gitee.com", "/link", "target"},
    {"jianshu.com", "/go-wild", "url"},
};

bool is_unreserved(char c) {  // RFC 3986 2.3
  return is_ascii_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// RFC 3986 6.2.2: hex digits in upper case, unreserved characters as themselves. A "%" that starts
/// no escape is encoded, or "%%61b" would become one.
std::string normal_percent(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (!escape) {
      if (text[i] == '%')
        out += "%25";
      else
        out += text[i];
      continue;
    }
    const int value = hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
    if (is_unreserved(static_cast<char>(value)))
      out += static_cast<char>(value);
    else
      ((out += '%') += kHex[value >> 4]) += kHex[value & 15];
    i += 2;
  }
  return out;
}

std::string form_decode(std::string_view value) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size() && hex_digit(value[i + 1]) >= 0 &&
        hex_digit(value[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(value[i + 1]) * 16 + hex_digit(value[i + 2]));
      i += 2;
    } else {
      out += value[i] == '+' ? ' ' : value[i];
    }
  }
  return out;
}

std::string_view without_www(std::string_view host) {
  while (host.starts_with("www.") && host.find('.', 4) != host.npos)  // "www.com" is a name
    host.remove_prefix(4);
  return host;
}

struct Param {
  std::string_view name, text;  // text: "name=value" or "name"
  std::string_view value() const {
    return text.size() > name.size() ? text.substr(name.size() + 1) : std::string_view();
  }
};

std::vector<Param> split_query(std::string_view query) {
  std::vector<Param> params;
  while (!query.empty()) {
    const std::string_view text = query.substr(0, query.find('&'));
    if (!text.empty()) params.push_back({text.substr(0, text.find('=')), text});
    query.remove_prefix(std::min(text.size() + 1, query.size()));
  }
  return params;
}

bool is_redirector_host(const Redirector& redirector, std::string_view host) {
  if (redirector.host.back() == '.')
    return host.starts_with(redirector.host) && host.size() <= redirector.host.size() + 6;
  return host == redirector.host;
}

/// Where a known redirector leads; empty if `url` is none.
std::string unwrap(std::string_view url) {
  const UrlParts parts = split_url(url);
  if (!parts.has_query) return {};
  const std::string host = url_host(url);
  for (const Redirector& redirector : kRedirectors) {
    if (!is_redirector_host(redirector, without_www(host))) continue;
    if (!parts.path.starts_with(redirector.path)) continue;
    for (const Param& param : split_query(parts.query))
      if (param.name == redirector.param)
        if (std::string target = resolve_url("", form_decode(param.value())); !target.empty())
          return target;
  }
  return {};
}

/// "?ref=example.org" on example.org names the site itself (I-21).
bool is_own_ref(std::string_view host, const Param& param) {
  if (!iequals_ascii(param.name, "ref")) return false;
  const std::string value = to_lower_ascii(param.value());
  return without_www(value) == host || value == registrable_domain(host);
}

std::string clean_query(std::string_view query, std::string_view host, const UrlRules& rules) {
  std::vector<Param> params = split_query(query);
  std::erase_if(params, [&](const Param& param) {
    const auto names_it = [&](const std::string& name) { return matches_param(name, param.name); };
    return is_tracking_param(host, param.name) || is_own_ref(host, param) ||
           std::any_of(rules.strip_params.begin(), rules.strip_params.end(), names_it);
  });
  std::stable_sort(params.begin(), params.end(),
                   [](const Param& a, const Param& b) { return a.name < b.name; });
  std::string out;
  for (const Param& param : params) (out += out.empty() ? '?' : '&') += param.text;
  return out;
}

std::string port_of(const UrlParts& parts) {
  const std::string_view host = parts.authority.substr(parts.authority.rfind('@') + 1);
  const std::size_t colon = host.rfind(':');
  if (colon == host.npos || host.back() == ']') return {};
  const std::string_view port = host.substr(colon + 1);
  // 443 of either scheme, as what comes out is https and may come in again.
  const bool standard = port == "443" || (port == "80" && parts.scheme == "http");
  return port.empty() || standard ? std::string() : std::string(1, ':').append(port);
}

void drop_slashes(std::string_view& path) {
  while (path.ends_with('/')) path.remove_suffix(1);
}

bool is_index_page(std::string_view segment) {
  return segment.starts_with("index.") || segment == "index";
}

}  // namespace

std::string canonical_url(std::string_view url, bool keep_detail, const UrlRules& rules) {
  std::string absolute = resolve_url("", url);
  const bool relative = url.find(':') >= url.find("//");  // "//host" would have become https
  if (absolute.empty() || relative) return {};
  for (int i = 0; i < kMaxRedirectors; ++i) {
    std::string target = unwrap(absolute);
    if (target.empty()) break;
    absolute = std::move(target);
  }

  const UrlParts parts = split_url(absolute);
  std::string whole_host = url_host(absolute);
  // Once, so that two hosts named after each other make no loop.
  if (const auto alias = rules.host_aliases.find(whole_host); alias != rules.host_aliases.end())
    whole_host = alias->second;
  const std::string_view host = without_www(whole_host);
  const std::string path = normal_percent(parts.path);
  const std::string query = normal_percent(parts.query);
  const std::string fragment = normal_percent(parts.fragment);

  std::string out = "https://";
  out.append(host).append(port_of(parts)).append(path.empty() ? "/" : path);
  if (keep_detail) {
    if (!query.empty()) (out += '?') += query;
    if (!fragment.empty()) (out += '#') += fragment;
    return out;
  }
  out += clean_query(query, host, rules);
  if (fragment.starts_with('!') || fragment.starts_with('/')) (out += '#') += fragment;
  return out;
}

std::string loose_url(std::string_view canonical) {
  const UrlParts parts = split_url(canonical);
  std::string_view host = parts.authority, path = parts.path;
  for (const std::string_view prefix : {"m.", "amp."})
    if (host.starts_with(prefix) && host.find('.', prefix.size()) != host.npos) {
      host.remove_prefix(prefix.size());
      break;
    }
  drop_slashes(path);
  if (path.ends_with("/amp")) path.remove_suffix(4);
  if (is_index_page(path.substr(path.rfind('/') + 1))) path = path.substr(0, path.rfind('/') + 1);
  if (path.ends_with(".html")) path.remove_suffix(5);
  drop_slashes(path);
  if (path.starts_with("/amp/")) path.remove_prefix(4);

  std::string out = "https://";
  out.append(host).append(path);
  if (!parts.query.empty() && parts.query != "amp" && parts.query != "amp=1")
    (out += '?') += parts.query;
  return out;
}

bool is_home_page(std::string_view canonical) {
  const UrlParts parts = split_url(canonical);
  if (!parts.query.empty() || !parts.fragment.empty()) return false;
  return parts.path.empty() || parts.path == "/" || is_index_page(parts.path.substr(1));
}

}  // namespace feedwire::feeds
