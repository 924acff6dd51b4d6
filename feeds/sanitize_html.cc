// The sanitiser: an allow-list over the tokenizer, with a serialiser of its own that closes what it
// opens. What it writes, it reads back as the same.

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "feeds/html.h"
#include "feeds/html_attributes.h"
#include "feeds/html_image.h"
#include "feeds/html_tokenizer.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kUsualDepth = 16;
constexpr std::size_t kMaxOpenElements = 256;  // start tags deeper than this are left out

using Tags = std::initializer_list<HtmlTag>;

bool is_one_of(HtmlTag tag, Tags tags) {
  return std::find(tags.begin(), tags.end(), tag) != tags.end();
}

// An end tag within one of these closes nothing outside.
constexpr Tags kCells = {HtmlTag::table, HtmlTag::td, HtmlTag::th, HtmlTag::caption};

class Sanitizer {
 public:
  Sanitizer(std::string& out, std::string_view html, std::string_view base,
            std::string* first_image)
      : tokenizer_(html),
        out_(out, html.size() + html.size() / 8),
        base_(base),
        relative_limit_(max_resolved_size(out.size(), html.size())),
        first_image_(first_image) {
    open_.reserve(kUsualDepth);
  }

  void run();

 private:
  struct Open {
    HtmlTag tag;
    bool written;  // its start tag
  };

  void start_tag(HtmlTag tag, bool self_closing);
  void end_tag(HtmlTag tag);
  void close_implied(HtmlTag tag);
  void close_up_to(Tags tags, Tags barriers);
  void close_top();
  void open(HtmlTag tag, bool self_closing);
  void start_dropped(HtmlTag tag, bool self_closing);
  void write_image();
  bool write_link();

  bool is_open(HtmlTag tag) const { return open_count_[static_cast<std::size_t>(tag)] > 0; }

  HtmlTokenizer tokenizer_;
  Appender out_;
  std::string_view base_;
  const std::size_t relative_limit_;  // of out_; past it relative URLs are dropped
  std::string* first_image_;
  std::vector<Open> open_;
  std::array<std::uint16_t, kHtmlTags> open_count_{};
  int dropped_depth_ = 0;     // open elements that vanish with their content
  bool media_waits_ = false;  // a video or audio without src: its first source has it
  bool in_noscript_ = false;
  std::string last_image_;
};

void Sanitizer::run() {
  for (HtmlToken token = tokenizer_.next(); token.kind != HtmlToken::Kind::end;
       token = tokenizer_.next()) {
    if (token.kind == HtmlToken::Kind::start_tag) {
      start_tag(token.tag, token.self_closing);
    } else if (token.kind == HtmlToken::Kind::end_tag) {
      end_tag(token.tag);
    } else if (token.kind == HtmlToken::Kind::text && dropped_depth_ == 0) {
      append_text_source(out_, token.text);
    }
  }
  while (!open_.empty()) close_top();
}

void Sanitizer::start_tag(HtmlTag tag, bool self_closing) {
  const HtmlElement& element = html_element(tag);
  if (out_.size() > relative_limit_) base_ = {};
  if (tag == HtmlTag::noscript) in_noscript_ = true;
  if (element.has(HtmlElement::kDropped)) {
    start_dropped(tag, self_closing);
  } else if (tag == HtmlTag::img) {
    if (dropped_depth_ == 0) write_image();
  } else if (element.has(HtmlElement::kKept)) {
    close_implied(tag);
    open(tag, self_closing);
  }
}

void Sanitizer::open(HtmlTag tag, bool self_closing) {
  const bool is_void = html_element(tag).has(HtmlElement::kVoid);
  if (!is_void && open_.size() >= kMaxOpenElements) return;
  const bool written = dropped_depth_ == 0;
  if (written) {
    (out_ += '<') += html_element(tag).name;
    append_attributes(out_, tag, tokenizer_.attributes(), base_);
    out_ += '>';
  }
  if (is_void) return;
  open_.push_back({tag, written});
  ++open_count_[static_cast<std::size_t>(tag)];
  if (self_closing) close_top();
}

/// An element that vanishes with its content; what it embeds leaves a link.
void Sanitizer::start_dropped(HtmlTag tag, bool self_closing) {
  const bool media = tag == HtmlTag::video || tag == HtmlTag::audio;
  if (dropped_depth_ == 0 && (media || tag == HtmlTag::iframe)) {
    close_up_to({HtmlTag::a}, {});  // a link cannot stand in a link
    media_waits_ = !write_link() && media;
  } else if (media_waits_ && tag == HtmlTag::source) {
    media_waits_ = !write_link();
  }
  const HtmlElement& element = html_element(tag);
  if (self_closing || element.has(HtmlElement::kVoid) || element.has(HtmlElement::kRawText)) return;
  if (open_.size() >= kMaxOpenElements) return;
  open_.push_back({tag, false});
  ++open_count_[static_cast<std::size_t>(tag)];
  ++dropped_depth_;
}

void Sanitizer::write_image() {
  const std::optional<HtmlImage> image = read_image(tokenizer_.attributes(), base_);
  if (!image) return;
  // A lazy image is often followed by itself for readers without scripts.
  if (in_noscript_ && image->src == last_image_) return;
  if (first_image_ != nullptr && first_image_->empty()) *first_image_ = image->src;
  append_image(out_, *image);
  last_image_ = image->src;
}

/// Links to the src of the current element. False if that is no http(s) URL.
bool Sanitizer::write_link() {
  const std::string url = attribute_url(tokenizer_.attributes(), "src", base_);
  if (url.empty()) return false;
  out_ += "<a";
  append_attribute(out_, "href", url);
  out_ += '>';
  append_escaped(out_, url);
  out_ += "</a>";
  return true;
}

void Sanitizer::end_tag(HtmlTag tag) {
  if (tag == HtmlTag::noscript) in_noscript_ = false;
  if (tag == HtmlTag::br) return start_tag(tag, false);  // as browsers read "</br>"
  if (!is_open(tag)) return;
  const bool cell_part =
      is_one_of(tag, {HtmlTag::caption, HtmlTag::colgroup, HtmlTag::tbody, HtmlTag::td,
                      HtmlTag::tfoot, HtmlTag::th, HtmlTag::thead, HtmlTag::tr});
  if (tag == HtmlTag::table)
    close_up_to({tag}, {});
  else if (cell_part)
    close_up_to({tag}, {HtmlTag::table});
  else
    close_up_to({tag}, kCells);
}

/// Closes what an element of this kind cannot stand in (HTML 13.1.2.4).
void Sanitizer::close_implied(HtmlTag tag) {
  using enum HtmlTag;
  if (html_element(tag).has(HtmlElement::kBlock) && is_open(p)) close_up_to({p}, kCells);
  switch (tag) {
    case a:
      return close_up_to({a}, kCells);
    case li:
      return close_up_to({li}, {ul, ol, menu, table, td, th, caption});
    case dd:
    case dt:
      return close_up_to({dd, dt}, {dl, table, td, th, caption});
    case rt:
    case rp:
      return close_up_to({rt, rp}, {ruby, table, td, th, caption});
    case td:
    case th:
      return close_up_to({td, th}, {tr, table});
    case tr:
      return close_up_to({tr}, {table});
    case tbody:
    case thead:
    case tfoot:
      return close_up_to({tbody, thead, tfoot, caption, colgroup}, {table});
    case colgroup:
      return close_up_to({colgroup, caption}, {table});
    default:
      return;
  }
}

/// Closes the innermost open element of `tags` and all in it; nothing if there is none or one of
/// `barriers` stands between.
void Sanitizer::close_up_to(Tags tags, Tags barriers) {
  for (std::size_t i = open_.size(); i-- > 0;) {
    if (is_one_of(open_[i].tag, tags)) {
      while (open_.size() > i) close_top();
      return;
    }
    if (is_one_of(open_[i].tag, barriers)) return;
  }
}

void Sanitizer::close_top() {
  const Open top = open_.back();
  open_.pop_back();
  --open_count_[static_cast<std::size_t>(top.tag)];
  if (html_element(top.tag).has(HtmlElement::kDropped)) {
    --dropped_depth_;
    media_waits_ = false;
  }
  if (top.written) ((out_ += "</") += html_element(top.tag).name) += '>';
}

}  // namespace

std::string sanitize_html(std::string_view html, std::string_view base, std::string* first_image) {
  std::string out;
  Sanitizer(out, html, base, first_image).run();
  return out;
}

}  // namespace feedwire::feeds
