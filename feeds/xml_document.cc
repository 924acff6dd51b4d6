#include "feeds/xml_document.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <optional>
#include <utility>

#include "base/byte_scan.h"
#include "base/utf8.h"
#include "feeds/entities.h"
#include "feeds/parse.h"
#include "feeds/xml_entities.h"

namespace feedwire::feeds {
namespace {

std::uint32_t line_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n'));
}

// Looks at the bytes once, before any memory is spent on a tree: how deep elements nest, how many
// elements, texts and attributes there are. Errors: malformed (too deep, if all are closed),
// too_large.
class LimitScan {
 public:
  explicit LimitScan(std::string_view text) : text_(text) {}

  Result<void> run() {
    for (at_ = text_.find('<'); at_ < text_.size(); at_ = text_.find('<', at_)) {
      const char mark = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
      if (mark == '!' && text_.substr(at_).starts_with("<![CDATA[")) {
        skip_past("]]>");
      } else if (mark == '!' && text_.substr(at_).starts_with("<!--")) {
        skip_past("-->");
      } else if (mark == '?') {
        skip_past("?>");
      } else {
        skip_tag(mark);
      }
      nodes_ += 2;  // the element and a text behind it
      if (depth_ > kMaxDepth)
        return limit_error(ErrorCode::malformed, "elements nested deeper than", kMaxDepth);
      if (nodes_ > kMaxNodes)
        return limit_error(ErrorCode::too_large, "more nodes than", kMaxNodes);
    }
    return {};
  }

 private:
  void skip_past(std::string_view end) {
    const std::size_t found = text_.find(end, at_);
    at_ = found == text_.npos ? text_.size() : found + end.size();
  }

  // From "<" past ">", which may stand in quotes. `mark` is the byte behind "<".
  void skip_tag(char mark) {
    const auto is_notable = [](auto c) {
      constexpr std::uint8_t kEnd = '>', kQuote = '"', kApostrophe = '\'', kEquals = '=';
      return (c == kEnd) | (c == kQuote) | (c == kApostrophe) | (c == kEquals);
    };
    std::size_t end = find_byte(text_, at_ + 1, is_notable);
    for (; end < text_.size() && text_[end] != '>'; end = find_byte(text_, end + 1, is_notable)) {
      if (text_[end] == '=')
        ++nodes_;
      else if ((end = text_.find(text_[end], end + 1)) == text_.npos)
        break;
    }
    end = std::min(end, text_.size());
    if (mark == '/') {
      if (depth_ > 0) --depth_;
    } else if (mark != '!' && text_[end - 1] != '/') {
      ++depth_;
    }
    at_ = std::min(end + 1, text_.size());
  }

  Error limit_error(ErrorCode code, std::string_view what, std::size_t limit) const {
    return {code, fmt::format("XML at line {}: {} {}", line_at(text_, at_), what, limit)};
  }

  std::string_view text_;
  std::size_t at_ = 0, depth_ = 0, nodes_ = 0;
};

// What to read instead of "&#…;" at the start of `text`: of NUL, a surrogate or what is nothing in
// Unicode pugixml makes bytes that are no UTF-8, and C1 controls are meant as Windows-1252's
// characters, as in HTML. `size` gets the length of the reference.
std::optional<char32_t> replacement_of(std::string_view text, std::size_t& size) {
  size = text.find_first_not_of("0123456789abcdefABCDEF", text.starts_with("&#x") ? 3 : 2);
  if (size == text.npos || text[size] != ';') return std::nullopt;
  ++size;
  const bool hex = text[2] == 'x';
  const char* const first = text.data() + (hex ? 3 : 2);
  std::uint32_t c = 0;
  const auto [end, problem] = std::from_chars(first, text.data() + size - 1, c, hex ? 16 : 10);
  if (end == first) return std::nullopt;
  if (problem == std::errc{} && c >= 0x80 && c < 0xa0) {
    const char32_t meant = read_char_ref(text.substr(0, size), false).value;
    return meant == 0 ? kReplacement : meant;
  }
  const bool bad = problem != std::errc{} || c == 0 || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff;
  return bad ? std::optional(kReplacement) : std::nullopt;
}

// `text` with such references replaced, empty if there are none.
std::string replace_bad_references(std::string_view text) {
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find("&#"); at != text.npos; at = text.find("&#", at + 2)) {
    std::size_t size = 0;
    const std::optional<char32_t> replacement = replacement_of(text.substr(at), size);
    if (!replacement) continue;
    append_utf8(out.append(text, copied, at - copied), *replacement);
    copied = at + size;
  }
  if (copied > 0) out.append(text.substr(copied));
  return out;
}

}  // namespace

Result<void> XmlDocument::parse(std::string_view text) {
  if (std::optional<ExpandedXml> expanded = expand_entities(text)) {
    expanded_ = std::move(expanded->text);
    text = expanded_;
    if (expanded->limited)
      problems_.push_back({"entity-limit", "entities that stand for too much were left out", 0});
  }
  repaired_ = replace_bad_references(text);
  if (!repaired_.empty()) text = repaired_;
  text_ = text;
  const Result<void> within = LimitScan(text).run();
  if (!within) {
    // Elements that are never closed may only seem to be nested deep.
    if (within.error().code != ErrorCode::malformed) return within.error();
    return recover(within.error().message, 0);
  }
  // Space between two inline elements of XHTML is text.
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_ws_pcdata;
  const pugi::xml_parse_result parsed =
      tree_.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (parsed) return {};
  // As operator new says it: what the parser gave up half way is not to be recovered.
  if (parsed.status == pugi::status_out_of_memory) throw std::bad_alloc();
  return recover(
      parsed.description(),
      line_at(text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0))));
}

Result<void> XmlDocument::recover(std::string_view why, std::uint32_t line) {
  recovered_ = std::make_unique<RecoveredXml>();
  if (Result<void> read = recover_xml(text_, *recovered_); !read) return read;
  if (!root()) {
    return Error{ErrorCode::malformed, fmt::format("broken XML at line {}: {}", line, why)};
  }
  problems_.push_back({"recovered-xml", fmt::format("broken XML was repaired: {}", why), line});
  if (!recovered_->cut_entry.empty()) {
    problems_.push_back({"cut-entry",
                         fmt::format("the document ends within this <{}>, which was left out",
                                     recovered_->cut_entry),
                         recovered_->cut_line});
  }
  return {};
}

pugi::xml_node XmlDocument::root() const {
  return (recovered_ ? recovered_->tree : tree_).document_element();
}

std::string_view XmlDocument::source_of(pugi::xml_node element) const {
  const std::ptrdiff_t begin = element.offset_debug();
  const std::ptrdiff_t end = element.next_sibling().offset_debug();
  if (begin < 0 || end <= begin) return {};
  return text_.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

std::uint32_t XmlDocument::line_of(pugi::xml_node element) const {
  if (recovered_) {
    const auto found = recovered_->lines.find(element.hash_value());
    return found == recovered_->lines.end() ? 0 : found->second;
  }
  const std::ptrdiff_t offset = element.offset_debug();
  return offset < 0 ? 0 : line_at(text_, static_cast<std::size_t>(offset));
}

}  // namespace feedwire::feeds
