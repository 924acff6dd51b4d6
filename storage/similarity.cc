#include "storage/similarity.h"

#include <array>
#include <set>
#include <string>
#include <vector>

#include "base/hash.h"
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

// Calls `add` with each word, in lower case where it is ASCII, and each CJK character.
template <typename Add>
void for_each_token(std::string_view text, Add add) {
  std::string word;  // letters of one word so far
  const auto end_word = [&] {
    if (!word.empty()) add(std::string_view(word), false);
    word.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = decode_utf8(text, at);
    if (c == kInvalid || !is_word_char(c)) {
      end_word();
      add({}, false);
      continue;
    }
    if (is_cjk(c)) end_word();
    append_utf8(word, c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    if (!is_cjk(c)) continue;
    add(std::string_view(word), true);
    word.clear();
  }
  end_word();
}

std::set<std::string> tokens_of(std::string_view title) {
  std::set<std::string> tokens;
  std::string previous_cjk;  // the character before, if it is CJK
  for_each_token(title, [&](std::string_view token, bool cjk) {
    if (cjk)
      tokens.insert(previous_cjk + std::string(token));
    else if (!token.empty())
      tokens.emplace(token);
    previous_cjk = cjk ? std::string(token) : std::string();
  });
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

std::uint64_t simhash(std::string_view text) {
  constexpr std::size_t kShingle = 3;
  std::vector<std::string> last;  // tokens, at most kShingle
  std::array<int, 64> votes{};
  const auto vote = [&] {
    std::string shingle;
    for (const std::string& token : last) shingle.append(token).push_back('\0');
    const std::uint64_t hash = xxh3_64(shingle);
    for (std::size_t bit = 0; bit < votes.size(); ++bit)
      votes[bit] += (hash >> bit & 1) != 0 ? 1 : -1;
  };
  bool voted = false;
  for_each_token(text, [&](std::string_view token, bool) {
    if (token.empty()) return;
    if (last.size() == kShingle) last.erase(last.begin());
    last.emplace_back(token);
    if (last.size() < kShingle) return;
    vote();
    voted = true;
  });
  if (!voted && !last.empty()) vote();
  std::uint64_t print = 0;
  for (std::size_t bit = 0; bit < votes.size(); ++bit)
    print |= std::uint64_t{votes[bit] > 0 ? 1u : 0u} << bit;
  return print;
}

}  // namespace feedwire::storage
