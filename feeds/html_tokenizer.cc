#include "feeds/html_tokenizer.h"

#include <algorithm>

#include "base/byte_scan.h"
#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

constexpr auto is_tag_start = [](auto c) {
  constexpr std::uint8_t kTag = '<';
  return c == kTag;
};
constexpr std::size_t kUsualAttributes = 8;  // most tags have no more
constexpr std::size_t kNone = std::string_view::npos;

bool ends_name(char c) { return is_html_space(c) || c == '/' || c == '>'; }

/// The start of "</name" at or after `at`, kNone if there is none.
std::size_t find_end_tag(std::string_view html, std::size_t at, std::string_view name) {
  for (; (at = html.find("</", at)) != kNone; at += 2) {
    const std::size_t after = at + 2 + name.size();
    if (!iequals_ascii(html.substr(at + 2, name.size()), name)) continue;
    if (after >= html.size() || ends_name(html[after])) return at;
  }
  return kNone;
}

}  // namespace

HtmlToken HtmlTokenizer::next() {
  if (raw_end_ > at_) return take_raw_text();
  HtmlToken token;
  std::size_t start = at_;
  while ((at_ = find_byte(html_, at_, is_tag_start)) < html_.size()) {
    if (!at_markup()) {
      ++at_;
      continue;
    }
    if (at_ > start) break;  // first the text, then the tag
    const char mark = html_[at_ + 1];
    if (mark == '!' || mark == '?' || (mark == '/' && html_[at_ + 2] == '>')) {
      skip_declaration();
      start = at_;
    } else if (read_tag(token)) {
      return token;
    } else {
      ++at_;
    }
  }
  token.kind = at_ > start ? HtmlToken::Kind::text : HtmlToken::Kind::end;
  token.text = html_.substr(start, at_ - start);
  return token;
}

HtmlToken HtmlTokenizer::take_raw_text() {
  HtmlToken token;
  token.kind = HtmlToken::Kind::raw_text;
  token.text = html_.substr(at_, raw_end_ - at_);
  at_ = raw_end_;
  return token;
}

/// Whether the "<" at at_ starts something: a tag, or what skip_declaration() skips.
bool HtmlTokenizer::at_markup() const {
  if (at_ + 2 >= html_.size()) return false;
  const char next = html_[at_ + 1];
  if (next == '/') return is_ascii_alpha(html_[at_ + 2]) || html_[at_ + 2] == '>';
  return is_ascii_alpha(next) || next == '!' || next == '?';
}

/// Reads the tag at at_. False where it never ends: then its "<" is text.
bool HtmlTokenizer::read_tag(HtmlToken& token) {
  const bool end_tag = html_[at_ + 1] == '/';
  const std::size_t name_start = at_ + (end_tag ? 2 : 1);
  std::size_t at = name_start;
  while (at < html_.size() && !ends_name(html_[at])) ++at;
  const std::string_view name = html_.substr(name_start, at - name_start);
  if (!read_attributes(token, at)) {
    if (++unclosed_tags_ <= kMaxUnclosedTags) return false;
    at_ = html_.size();
    token = {};
    return true;
  }
  token.kind = end_tag ? HtmlToken::Kind::end_tag : HtmlToken::Kind::start_tag;
  token.tag = find_html_tag(name);
  at_ = at;
  if (!end_tag && !token.self_closing) enter_raw_text(token.tag);
  return true;
}

/// Reads from behind the name of a tag to behind its ">". False if there is none.
bool HtmlTokenizer::read_attributes(HtmlToken& token, std::size_t& at) {
  attributes_.clear();
  if (attributes_.capacity() == 0) attributes_.reserve(kUsualAttributes);
  for (;;) {
    token.self_closing = false;
    for (; at < html_.size() && (is_html_space(html_[at]) || html_[at] == '/'); ++at)
      token.self_closing = html_[at] == '/';
    if (at >= html_.size()) return false;
    if (html_[at] == '>') break;

    HtmlAttribute attribute;
    const std::size_t name_start = at++;  // a "=" here is part of the name
    while (at < html_.size() && !ends_name(html_[at]) && html_[at] != '=') ++at;
    attribute.name = html_.substr(name_start, at - name_start);
    while (at < html_.size() && is_html_space(html_[at])) ++at;
    if (at < html_.size() && html_[at] == '=' && !read_value(attribute.value, ++at)) return false;
    if (attributes_.size() < kMaxAttributes) attributes_.push_back(attribute);
  }
  ++at;
  return true;
}

/// Reads a value from behind its "=". False where its quote is never closed.
bool HtmlTokenizer::read_value(std::string_view& value, std::size_t& at) const {
  while (at < html_.size() && is_html_space(html_[at])) ++at;
  if (at >= html_.size()) return false;
  const char quote = html_[at];
  if (quote == '"' || quote == '\'') {
    const std::size_t end = html_.find(quote, at + 1);
    if (end == kNone) return false;
    value = html_.substr(at + 1, end - at - 1);
    at = end + 1;
    return true;
  }
  const std::size_t start = at;
  while (at < html_.size() && !is_html_space(html_[at]) && html_[at] != '>') ++at;
  value = html_.substr(start, at - start);
  return true;
}

/// Moves behind the comment, doctype, instruction or nameless tag at at_.
void HtmlTokenizer::skip_declaration() {
  const bool comment = html_.substr(at_, 4) == "<!--";
  if (comment && html_.substr(at_ + 4, 1) != ">" && html_.substr(at_ + 4, 2) != "->") {
    const std::size_t end = no_comment_end_ ? kNone : html_.find("--", at_ + 4);
    for (std::size_t dashes = end; dashes != kNone; dashes = html_.find("--", dashes + 1)) {
      const std::size_t after = dashes + 2 + (html_.substr(dashes + 2, 1) == "!" ? 1 : 0);
      if (html_.substr(after, 1) != ">") continue;
      at_ = after + 1;
      return;
    }
    no_comment_end_ = true;
  }
  const std::size_t end = html_.find('>', at_);
  at_ = end == kNone ? html_.size() : end + 1;
}

void HtmlTokenizer::enter_raw_text(HtmlTag tag) {
  const HtmlElement& element = html_element(tag);
  bool& no_end_tag = no_end_tag_[static_cast<std::size_t>(tag)];
  if (!element.has(HtmlElement::kRawText) || no_end_tag) return;
  const std::size_t end = find_end_tag(html_, at_, element.name);
  no_end_tag = end == kNone;
  if (end != kNone)
    raw_end_ = end;
  else if (tag == HtmlTag::script || tag == HtmlTag::style)
    raw_end_ = html_.size();
}

}  // namespace feedwire::feeds
