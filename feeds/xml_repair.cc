#include "feeds/xml_repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "feeds/ascii.h"
#include "feeds/html_elements.h"
#include "feeds/parse.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr std::size_t kReferenceBytes = 32;  // longer ones are nobody's
constexpr std::size_t kMaxNameBytes = 256;   // "<" and a longer name is text
constexpr std::size_t kMaxValueBytes = 64 * 1024;
constexpr std::size_t kMaxAttributes = 128;  // libxml2 compares each with all others
constexpr std::string_view kCdataEnd = "]]>";

bool is_name_start(char c) { return is_ascii_alpha(c) || c == '_' || c == ':'; }

bool is_name_char(char c) { return is_name_start(c) || is_ascii_digit(c) || c == '-' || c == '.'; }

std::string_view name_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && is_name_char(text[end])) ++end;
  const bool good = end > at && is_name_start(text[at]) && end - at <= kMaxNameBytes;
  return good ? text.substr(at, end - at) : std::string_view{};
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view candidate) { return iequals_ascii(name, candidate); });
}

bool is_feed_root(std::string_view name) { return is_one_of(name, {"rss", "rdf:rdf", "feed"}); }

bool is_entry(std::string_view name) { return is_one_of(name, {"item", "entry"}); }

// HTML's elements that never hold anything, but for those that feeds have with another meaning.
bool is_always_empty(std::string_view name) {
  return is_one_of(name, {"br", "hr", "img", "wbr", "col", "area", "input", "embed", "param"});
}

// HTML's elements that may lack their end tag: they end where the next of their kind begins.
bool may_lack_end_tag(std::string_view name) {
  return is_one_of(name, {"p", "li", "dt", "dd", "tr", "td", "th", "option"});
}

bool is_continuation(char c) { return (c & 0xc0) == 0x80; }

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

bool is_xml_char(std::uint32_t c) {
  return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
         (c >= 0xe000 && c <= 0xfffd) || (c >= 0x10000 && c <= 0x10ffff);
}

// A reference that XML knows without a document type.
struct Reference {
  std::size_t size = 0;  // 0: "&" begins none
  bool allowed = true;   // whether XML has the character at all
};

Reference reference_at(std::string_view text) {
  for (const std::string_view name : {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"})
    if (text.starts_with(name)) return {name.size()};
  if (!text.starts_with("&#")) return {};
  const bool hex = text.substr(2).starts_with('x');
  const std::size_t first = hex ? 3 : 2;
  std::size_t at = first;
  std::uint32_t value = 0;
  for (; at < text.size() && text[at] != ';'; ++at) {
    const int digit = hex_digit(text[at]);
    if (digit < 0 || (!hex && digit > 9)) return {};
    value = std::min(value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit), 0x200000u);
  }
  if (at == first || at == text.size()) return {};
  return {at + 1, is_xml_char(value)};
}

enum class Place { text, cdata, attribute };

// Appends what `text` means, so that it is well-formed in its place: line ends and white space as
// XML 1.0 2.11 and 3.3.3 have them, no controls.
void append_clean(std::string& out, std::string_view text, Place place) {
  const bool escaped = place != Place::cdata;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\r' && text.substr(at + 1).starts_with('\n')) continue;
    if (place == Place::attribute && is_html_space(c)) {
      out += ' ';
    } else if (c == '\r') {
      out += '\n';
    } else if (escaped && c == '&') {
      const Reference reference = reference_at(text.substr(at));
      if (reference.size == 0) {
        out += "&amp;";
        continue;
      }
      if (reference.allowed) out.append(text, at, reference.size);
      at += reference.size - 1;
    } else if (escaped && c == '<') {
      out += "&lt;";
    } else if (escaped && c == '>') {
      out += "&gt;";  // "]]>" is forbidden
    } else if (escaped && c == '"') {
      out += "&quot;";
    } else if (!is_control(c)) {
      out += c;
    }
  }
}

// The first `size` bytes of `text`, and what is left of the character there.
std::string_view whole_chars(std::string_view text, std::size_t size) {
  size = std::min(size, text.size());
  while (size < text.size() && is_continuation(text[size])) ++size;
  return text.substr(0, size);
}

}  // namespace

bool XmlRepair::next(std::string& out) {
  out_ = &out;
  if (!std::exchange(started_, true)) out += "<document>";
  const std::size_t enough = out.size() + kPieceBytes;
  do {
    if (!cdata_.empty()) {
      write_cdata();
    } else if (at_ == text_.size()) {
      end_document();
      return false;
    } else if (text_[at_] == '<') {
      read_markup();
    } else {
      read_text();
    }
    // What is too deep is refused as soon as it is seen; each end tag looks at all that is open.
  } while (out.size() < enough && open_.size() <= kMaxDepth + 1);
  return true;
}

void XmlRepair::end_document() {
  *out_ += "<?end?>";
  close_to(0);
  *out_ += "</document>";
}

void XmlRepair::move_to(std::size_t at) {
  const std::string_view passed = text_.substr(at_, at - at_);
  line_ += static_cast<std::uint32_t>(std::count(passed.begin(), passed.end(), '\n'));
  at_ += passed.size();
}

void XmlRepair::copy_text(std::size_t end) {
  const std::string_view text = text_.substr(at_, end - at_);
  if (!open_.empty() && !trim(text).empty()) open_.back().holds_text = true;
  append_clean(*out_, text, Place::text);
  move_to(end);
}

// Up to the next "<", but no more than a piece; split neither within a character nor a reference.
void XmlRepair::read_text() {
  const std::string_view piece = whole_chars(text_.substr(at_), kPieceBytes);
  std::size_t size = std::min(piece.find('<'), piece.size());
  if (size == piece.size() && at_ + size < text_.size()) {
    const std::size_t reference = piece.rfind('&');
    if (reference != piece.npos && reference > 0 && size - reference < kReferenceBytes)
      size = reference;
  }
  copy_text(at_ + size);
}

void XmlRepair::read_markup() {
  const std::string_view rest = text_.substr(at_);
  if (rest.starts_with("<!--")) return skip_past("-->");
  if (rest.starts_with("<![CDATA[")) return read_cdata();
  // "?>" is often forgotten; what may follow ">" in an instruction is no use to us either.
  if (rest.starts_with("<?")) return skip_past(">");
  if (istarts_with_ascii(rest, "<!doctype")) {
    const std::size_t bracket = rest.find_first_of("[>");
    return skip_past(bracket != rest.npos && rest[bracket] == '[' ? "]>" : ">");
  }
  if (rest.starts_with("<!")) return skip_past(">");
  if (rest.starts_with("</")) return read_end_tag();
  const std::string_view name = name_at(text_, at_ + 1);
  const std::size_t behind = at_ + 1 + name.size();
  constexpr std::string_view kBehindName = " \t\r\n\f/><";
  if (name.empty() ||
      (behind < text_.size() && kBehindName.find(text_[behind]) == kBehindName.npos))
    return copy_text(at_ + 1);
  read_start_tag();
}

// Past `end` or, where there is none, past ">".
void XmlRepair::skip_past(std::string_view end) {
  if (std::find(never_.begin(), never_.end(), end) == never_.end()) {
    const std::size_t found = text_.find(end, at_);
    if (found != text_.npos) return move_to(found + end.size());
    never_.push_back(end);
  }
  if (end == ">") return move_to(text_.size());
  skip_past(">");
}

void XmlRepair::read_cdata() {
  move_to(at_ + std::string_view("<![CDATA[").size());
  const std::size_t end = find_cdata_end();
  cdata_ = text_.substr(at_, end - at_);
  if (!open_.empty()) open_.back().holds_text = true;
  move_to(end);
  if (text_.substr(at_).starts_with(kCdataEnd)) move_to(at_ + kCdataEnd.size());
}

// Where the section that begins here ends: at "]]>", unless that is another section's, behind the
// end of the element around this one.
std::size_t XmlRepair::find_cdata_end() {
  if (next_cdata_end_ < at_) next_cdata_end_ = std::min(text_.find(kCdataEnd, at_), text_.size());
  const std::string_view section = text_.substr(at_, next_cdata_end_ - at_);
  const bool closed = next_cdata_end_ < text_.size() && section.find("<![CDATA[") == section.npos;
  if (closed || open_.empty()) return next_cdata_end_;
  const std::size_t size = section.find(fmt::format("</{}>", open_.back().name));
  return at_ + std::min(size, section.size());
}

void XmlRepair::write_cdata() {
  const std::string_view piece = whole_chars(cdata_, kPieceBytes);
  cdata_.remove_prefix(piece.size());
  *out_ += "<![CDATA[";
  append_clean(*out_, piece, Place::cdata);
  *out_ += "]]>";
}

void XmlRepair::read_end_tag() {
  const std::string_view name = name_at(text_, at_ + 2);
  const std::size_t end = text_.find_first_of("<>", at_ + 2);
  const bool complete = end < text_.size() && text_[end] == '>';
  move_to(complete ? end + 1 : std::min(end, text_.size()));
  if (name.empty()) return;
  for (std::size_t depth = open_.size(); depth > 0; --depth)
    if (iequals_ascii(open_[depth - 1].name, name)) return close_to(depth - 1);
  // What HTML calls so is a stray tag of the content; anything else is a slip of the pen.
  const bool slip = !open_.empty() && open_.back().holds_text && !open_.back().holds_elements &&
                    find_html_tag(name) == HtmlTag::unknown;
  if (slip) close_to(open_.size() - 1);
}

void XmlRepair::read_start_tag() {
  const std::string_view name = name_at(text_, at_ + 1);
  imply_end_tags(name);
  if (line_ != told_line_) out_->append(fmt::format("<?line {}?>", line_));
  told_line_ = line_;
  const std::size_t tag_begin = out_->size();
  out_->append("<").append(name);
  move_to(at_ + 1 + name.size());
  read_attributes();
  if (at_ == text_.size() && text_.back() != '>') return out_->resize(tag_begin);  // cut within
  const bool empty = self_closing_ || is_always_empty(name);
  out_->append(empty ? "/>" : ">");
  if (!open_.empty()) open_.back().holds_elements = true;
  if (!empty) open_.push_back({name});
}

// Up to the end of the tag: ">", or "<" where that was forgotten.
void XmlRepair::read_attributes() {
  attributes_ = 0;
  self_closing_ = false;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '>') return move_to(at_ + 1);
    if (c == '<') return;
    if (!is_html_space(c)) self_closing_ = c == '/';
    if (is_html_space(c) || c == '/' || c == '=' || c == '"' || c == '\'') {
      move_to(at_ + 1);
      continue;
    }
    const std::size_t end = std::min(text_.find_first_of(" \t\r\n\f/>\"'<=", at_), text_.size());
    const std::string_view name = text_.substr(at_, end - at_);
    move_to(end);
    const std::size_t value_at = text_.find_first_not_of(kHtmlSpaces, at_);
    if (value_at == text_.npos || text_[value_at] != '=') continue;
    move_to(value_at + 1);
    write_attribute(name, read_value());
  }
}

std::string_view XmlRepair::read_value() {
  move_to(std::min(text_.find_first_not_of(kHtmlSpaces, at_), text_.size()));
  if (at_ == text_.size()) return "";
  if (text_[at_] == '"' || text_[at_] == '\'') return read_quoted(text_[at_]);
  const std::size_t end = std::min(text_.find_first_of(" \t\r\n\f><", at_), text_.size());
  std::string_view value = text_.substr(at_, end - at_);
  if (value.ends_with('/') && end < text_.size() && text_[end] == '>') value.remove_suffix(1);
  move_to(at_ + value.size());
  return value;
}

// A quote that is no delimiter's neighbour opens another value: then this one was not closed.
std::string_view XmlRepair::read_quoted(char quote) {
  move_to(at_ + 1);
  bool& no_quote = quote == '"' ? no_double_quote_ : no_single_quote_;
  const std::size_t close = no_quote ? text_.npos : text_.find(quote, at_);
  no_quote = close == text_.npos;
  std::string_view value = text_.substr(at_, close - at_);
  const std::size_t tag = value.find_first_of("<>");
  const char behind = close == text_.npos || close + 1 == text_.size() ? '\0' : text_[close + 1];
  const bool delimited = behind == '>' || behind == '/' || behind == '?' || is_html_space(behind);
  if (tag != value.npos && !delimited) {
    value = value.substr(0, tag);
    move_to(at_ + tag);
  } else {
    move_to(std::min(close, text_.size() - 1) + 1);
  }
  return value;
}

void XmlRepair::write_attribute(std::string_view name, std::string_view value) {
  if (name_at(name, 0).size() != name.size() || attributes_ == kMaxAttributes) return;
  ++attributes_;
  out_->append(" ").append(name).append("=\"");
  append_clean(*out_, whole_chars(value, kMaxValueBytes), Place::attribute);
  *out_ += '"';
}

void XmlRepair::imply_end_tags(std::string_view name) {
  if (open_.empty()) return;
  if (may_lack_end_tag(name)) {
    for (std::size_t i = open_.size(); i > 0 && may_lack_end_tag(open_[i - 1].name); --i)
      if (iequals_ascii(open_[i - 1].name, name)) return close_to(i - 1);
    return;
  }
  const auto is_open = [&](auto same) {
    return std::find_if(open_.begin(), open_.end(),
                        [&](const Open& element) { return same(element.name); });
  };
  if (is_entry(name)) {
    const auto outer =
        is_open([&](std::string_view candidate) { return iequals_ascii(candidate, name); });
    if (outer != open_.end()) close_to(static_cast<std::size_t>(outer - open_.begin()));
  } else if (is_feed_root(name)) {
    // What stands open in front of a feed is some page's or error message's.
    if (is_open(is_feed_root) == open_.end()) close_to(0);
  }
}

void XmlRepair::close_to(std::size_t depth) {
  for (; open_.size() > depth; open_.pop_back())
    out_->append("</").append(open_.back().name).append(">");
}

}  // namespace feedwire::feeds
