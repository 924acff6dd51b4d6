#include "feeds/json_shape.h"

#include <cstdint>

#include "base/json_marks.h"
#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

// A switch, since half of the markup in an item is escaped quotes.
constexpr bool is_short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return true;
    default:
      return false;
  }
}

// What stands outside of strings is matched byte by byte; what stands in them, marks_ has looked
// at.
class ShapeScan {
 public:
  explicit ShapeScan(std::string_view json) : json_(json), marks_(json) {}

  bool run() {
    if (peek() != '{' || !open()) return false;
    while (depth_ > 0) {
      if (accept(in_object() ? '}' : ']')) {
        --depth_;
        has_value_ = true;
      } else {
        if (has_value_ && !accept(',')) return false;
        if (in_object() && !key()) return false;
        if (!value()) return false;
      }
    }
    return at_ == json_.size() && last_is_feedwire_;
  }

 private:
  char peek() const { return at_ < json_.size() ? json_[at_] : '\0'; }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  bool accept(std::string_view word) {
    if (json_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  // One bit for each container around us, 1 for an object.
  bool in_object() const { return (objects_ >> (depth_ - 1) & 1) != 0; }

  bool open() {
    if (depth_ == kMaxJsonDepth) return false;
    const std::uint64_t bit = std::uint64_t{1} << depth_++;
    objects_ = json_[at_++] == '{' ? objects_ | bit : objects_ & ~bit;
    has_value_ = false;
    return true;
  }

  bool key() {
    const std::size_t start = at_;
    if (!string()) return false;
    key_ = json_.substr(start, at_ - start);
    return accept(':');
  }

  bool value() {
    const char first = peek();
    if (depth_ == 1) last_is_feedwire_ = first == '{' && key_ == "\"_feedwire\"";
    if (first == '{' || first == '[') return open();
    has_value_ = true;
    switch (first) {
      case '"':
        return string();
      case 't':
        return accept("true");
      case 'f':
        return accept("false");
      case 'n':
        return accept("null");
      default:
        return number();
    }
  }

  bool digits() {
    const std::size_t start = at_;
    while (is_ascii_digit(peek())) ++at_;
    return at_ > start;
  }
  bool number() {
    accept('-');
    if (!accept('0') && !digits()) return false;
    if (accept('.') && !digits()) return false;
    if (!accept('e') && !accept('E')) return true;
    if (!accept('+')) accept('-');
    return digits();
  }

  bool string() {
    if (!accept('"')) return false;
    while ((at_ = marks_.next(at_)) < json_.size()) {
      if (accept('"')) return true;
      if (!escape()) return false;
      ++at_;
    }
    return false;
  }

  // From a backslash to the last byte of its escape.
  bool escape() {
    ++at_;
    if (peek() != 'u') return is_short_escape(peek());
    const unsigned unit = code_unit();
    if (unit < 0xd800 || unit > 0xdfff) return unit <= 0xffff;
    ++at_;
    if (unit > 0xdbff || !accept('\\') || peek() != 'u') return false;
    const unsigned low = code_unit();
    return low >= 0xdc00 && low <= 0xdfff;
  }

  // Of "uXXXX"; leaves the last digit to be passed. More than 0xffff where it is none.
  unsigned code_unit() {
    unsigned unit = 0;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      const int digit = hex_digit(peek());
      if (digit < 0) return 0x10000;
      unit = unit << 4 | static_cast<unsigned>(digit);
    }
    return unit;
  }

  std::string_view json_, key_;
  JsonMarks marks_;
  std::size_t at_ = 0, depth_ = 0;
  std::uint64_t objects_ = 0;
  bool has_value_ = false;
  bool last_is_feedwire_ = false;  // the last member of the outermost object so far
};

}  // namespace

bool is_item_json(std::string_view json) { return ShapeScan(json).run(); }

}  // namespace feedwire::feeds
