// Cuts HTML into text and tags as HTML 13.2.5 does, in one pass and without copying. Comments,
// doctypes, processing instructions and CDATA sections are skipped.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "feeds/html_elements.h"

namespace feedwire::feeds {

struct HtmlAttribute {
  std::string_view name, value;  // as written: any case, references not decoded
};

struct HtmlToken {
  enum class Kind : std::uint8_t {
    text,      // references not decoded; may hold "<" that starts no tag
    raw_text,  // the content of a kRawText element
    start_tag,
    end_tag,
    end,  // of the document
  };

  Kind kind = Kind::end;
  HtmlTag tag = HtmlTag::unknown;  // of a start_tag or end_tag
  bool self_closing = false;       // a start_tag ending in "/>"; XHTML means it
  std::string_view text;           // of text and raw_text
};

/// Where it leaves HTML's rules it keeps text that a browser would lose: a tag or comment that
/// never ends is text or ends at the next ">", and a raw-text element but script and style without
/// end tag is empty. The views it hands out live as long as the document.
class HtmlTokenizer {
 public:
  static constexpr std::size_t kMaxAttributes = 256;  // of one tag; the rest is skipped

  explicit HtmlTokenizer(std::string_view html) : html_(html) {}

  HtmlToken next();

  /// Those of the start tag that next() returned last, in order, repeated ones too.
  const std::vector<HtmlAttribute>& attributes() const { return attributes_; }

 private:
  bool at_markup() const;
  HtmlToken take_raw_text();
  bool read_tag(HtmlToken& token);
  bool read_attributes(HtmlToken& token, std::size_t& at);
  bool read_value(std::string_view& value, std::size_t& at) const;
  void skip_declaration();
  void enter_raw_text(HtmlTag tag);

  // A tag without end is looked for to the end of the document; this often, then it swallows the
  // rest, or a hostile document would cost its length squared.
  static constexpr int kMaxUnclosedTags = 32;

  std::string_view html_;
  std::size_t at_ = 0;
  std::size_t raw_end_ = 0;  // > at_ while raw text is to be returned
  int unclosed_tags_ = 0;
  bool no_comment_end_ = false;               // no "-->" ahead
  std::array<bool, kHtmlTags> no_end_tag_{};  // of a raw-text element, none ahead
  std::vector<HtmlAttribute> attributes_;
};

}  // namespace feedwire::feeds
