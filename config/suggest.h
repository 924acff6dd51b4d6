#pragma once

#include <span>
#include <string>
#include <string_view>

namespace feedwire::config {

/// The candidate that `word` is most likely a misspelling of, by edit distance (insert, delete,
/// replace, swap two neighbours) or one is how the other begins; empty if none is close: about one
/// slip in three letters.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

/// 'did you mean "WORD"?', or nothing for an empty word.
std::string did_you_mean(std::string_view word);

}  // namespace feedwire::config
