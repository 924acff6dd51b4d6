#include "tests/support/safe_html.h"

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace feedwire::tests {
namespace {

using Names = std::set<std::string_view>;

constexpr std::size_t kMaxOpen = 256;

const Names kElements = {
    "a",          "abbr",       "acronym", "address", "article", "aside", "b",       "bdi",
    "bdo",        "big",        "br",      "caption", "cite",    "code",  "col",     "colgroup",
    "dd",         "del",        "details", "dfn",     "div",     "dl",    "dt",      "em",
    "figcaption", "figure",     "footer",  "h1",      "h2",      "h3",    "h4",      "h5",
    "h6",         "header",     "hgroup",  "hr",      "i",       "img",   "ins",     "kbd",
    "li",         "main",       "mark",    "menu",    "nav",     "ol",    "p",       "pre",
    "q",          "rp",         "rt",      "ruby",    "s",       "samp",  "section", "small",
    "strike",     "strong",     "sub",     "summary", "sup",     "table", "tbody",   "td",
    "tfoot",      "th",         "thead",   "time",    "tr",      "tt",    "u",       "ul",
    "var",        "blockquote", "wbr"};
const Names kVoid = {"br", "col", "hr", "img", "wbr"};
const Names kEverywhere = {"title", "lang", "dir"};
const std::map<std::string_view, Names> kAttributes = {
    {"a", {"href"}},
    {"blockquote", {"cite"}},
    {"col", {"span"}},
    {"colgroup", {"span"}},
    {"del", {"cite", "datetime"}},
    {"details", {"open"}},
    {"img", {"src", "srcset", "alt", "width", "height"}},
    {"ins", {"cite", "datetime"}},
    {"li", {"value"}},
    {"ol", {"start", "reversed", "type"}},
    {"q", {"cite"}},
    {"td", {"colspan", "rowspan"}},
    {"th", {"colspan", "rowspan"}},
    {"time", {"datetime"}}};

const std::vector<std::string_view> kReferences = {"&amp;", "&lt;", "&gt;", "&quot;", "&nbsp;"};

bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
}

bool is_url_attribute(std::string_view name) {
  return name == "href" || name == "src" || name == "cite";
}

/// "2x", "640w".
bool is_descriptor(std::string_view text) {
  const std::size_t unit = text.find_first_not_of("0123456789.");
  return unit != 0 && unit + 1 == text.size() &&
         (text[unit] == 'x' || text[unit] == 'w' || text[unit] == 'h');
}

/// Candidates "URL" or "URL descriptor", parted by ", ".
bool is_safe_srcset(std::string_view value) {
  for (;;) {
    const std::size_t end = value.find(", ");
    const std::string_view candidate = value.substr(0, end);
    const std::size_t space = std::min(candidate.find(' '), candidate.size());
    const std::string_view url = candidate.substr(0, space);
    if (!is_safe_url(url) || url.ends_with(',')) return false;
    if (space < candidate.size() && !is_descriptor(candidate.substr(space + 1))) return false;
    if (end == value.npos) return true;
    value.remove_prefix(end + 2);
  }
}

std::string unescape_ampersands(std::string_view value) {
  std::string out(value);
  for (std::size_t at = 0; (at = out.find("&amp;", at)) != out.npos; ++at) out.erase(at + 1, 4);
  return out;
}

/// Reads the whole from front to back; `fault` says what was wrong first.
class Judge {
 public:
  explicit Judge(std::string_view html) : rest_(html) {}

  std::string run() {
    while (fault_.empty() && !rest_.empty()) {
      if (take("</"))
        end_tag();
      else if (take("<"))
        start_tag();
      else
        text("<");
    }
    if (fault_.empty() && !open_.empty()) fail("left open: ", open_.back());
    return fault_;
  }

 private:
  void fail(std::string_view what, std::string_view name = {}) {
    if (fault_.empty()) fault_.append(what).append(name);
  }

  bool take(std::string_view mark) {
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }

  std::string_view take_name() {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_name_char);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    return name;
  }

  /// Text or an attribute's value, up to the first of `ends`.
  std::string_view text(std::string_view ends) {
    const std::string_view all = rest_.substr(0, rest_.find_first_of(ends));
    rest_.remove_prefix(all.size());
    if (all.find_first_of("<>") != all.npos) fail("a bare < or >");
    if (std::any_of(all.begin(), all.end(), is_control)) fail("a control character");
    for (std::size_t at = 0; (at = all.find('&', at)) != all.npos; ++at) {
      const std::string_view from_here = all.substr(at);
      if (std::none_of(kReferences.begin(), kReferences.end(),
                       [&](std::string_view ref) { return from_here.starts_with(ref); }))
        fail("a bare &");
    }
    return all;
  }

  void end_tag() {
    const std::string_view name = take_name();
    if (open_.empty() || open_.back() != name) return fail("closed out of order: ", name);
    open_.pop_back();
    if (!take(">")) fail("not the end of an end tag: ", name);
  }

  void start_tag() {
    const std::string_view name = take_name();
    if (!kElements.contains(name)) return fail("element ", name);
    Names seen;
    while (fault_.empty() && take(" ")) attribute(name, seen);
    if (!take(">")) return fail("not the end of a start tag: ", name);
    if (kVoid.contains(name)) return;
    open_.push_back(name);
    if (open_.size() > kMaxOpen) fail("too deep");
  }

  void attribute(std::string_view element, Names& seen) {
    const std::string_view name = take_name();
    const auto own = kAttributes.find(element);
    const bool allowed =
        kEverywhere.contains(name) || (own != kAttributes.end() && own->second.contains(name));
    if (!allowed) return fail("attribute ", name);
    if (!seen.insert(name).second) return fail("twice: ", name);
    if (!take("=\"")) return fail("no quoted value: ", name);
    const std::string value = unescape_ampersands(text("\""));
    if (!take("\"")) return fail("a value without end: ", name);
    if (is_url_attribute(name) && !is_safe_url(value)) fail("URL ", value);
    if (name == "srcset" && !is_safe_srcset(value)) fail("srcset ", value);
  }

  std::string_view rest_;
  std::vector<std::string_view> open_;
  std::string fault_;
};

}  // namespace

std::string html_fault(std::string_view html) { return Judge(html).run(); }

bool is_safe_url(std::string_view url) {
  const std::size_t start = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (start == 0) return false;
  std::string_view host = url.substr(start);
  host = host.substr(0, host.find_first_of("/?#"));
  host.remove_prefix(host.find('@') + 1);  // npos + 1 = 0
  if (host.empty() || host[0] == ':' || host.find('@') != host.npos) return false;
  return std::all_of(url.begin(), url.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("\"<>`").find(c) == std::string_view::npos;
  });
}

}  // namespace feedwire::tests
