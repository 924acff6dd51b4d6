#include "storage/similarity.h"

#include <set>
#include <string>

#include "base/utf8.h"

namespace feedwire::storage {
namespace {

// Kana, CJK ideographs with their extensions, Hangul syllables: no spaces between words, or endings
// glued to them.
bool is_cjk(char32_t c) {
  return (c >= 0x3040 && c <= 0x30ff) || (c >= 0x3400 && c <= 0x9fff) ||
         (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
         (c >= 0x20000 && c <= 0x3ffff);
}

bool is_word_char(char32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  // Punctuation and spaces beyond ASCII: Latin-1 signs, U+2000-206F, CJK and full-width marks.
  return c >= 0xc0 && !(c >= 0x2000 && c <= 0x206f) && !(c >= 0x3000 && c <= 0x303f) &&
         !(c >= 0xff00 && c <= 0xff0f);
}

std::set<std::string> tokens_of(std::string_view title) {
  std::set<std::string> tokens;
  std::string word;          // letters of one word so far
  std::string previous_cjk;  // the character before, if it is CJK
  const auto end_word = [&] {
    if (!word.empty()) tokens.insert(std::move(word));
    word.clear();
  };
  std::size_t at = 0;
  while (at < title.size()) {
    const char32_t c = decode_utf8(title, at);
    std::string character;
    if (c != kInvalid) append_utf8(character, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    if (c != kInvalid && is_cjk(c)) {
      end_word();
      tokens.insert(previous_cjk.empty() ? character : previous_cjk + character);
      previous_cjk = character;
      continue;
    }
    previous_cjk.clear();
    if (c != kInvalid && is_word_char(c))
      word += character;
    else
      end_word();
  }
  end_word();
  return tokens;
}

}  // namespace

double title_similarity(std::string_view a, std::string_view b) {
  const std::set<std::string> left = tokens_of(a);
  const std::set<std::string> right = tokens_of(b);
  if (left.empty() && right.empty()) return 1;
  std::size_t common = 0;
  for (const std::string& token : left) common += right.count(token);
  return static_cast<double>(common) / static_cast<double>(left.size() + right.size() - common);
}

}  // namespace feedwire::storage
