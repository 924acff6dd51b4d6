// Whether two titles (identity rule I-6) or texts (I-9) speak of the same thing.

#pragma once

#include <cstdint>
#include <string_view>

namespace feedwire::storage {

/// The share of tokens that two titles have in common (Jaccard): words of letters and digits, ASCII
/// case aside; pairs of neighbours where the script writes no spaces between words (CJK). Between 0
/// and 1; 1 for two empty titles.
double title_similarity(std::string_view a, std::string_view b);

/// A fingerprint of which alike texts differ in few bits (Charikar, "Similarity estimation
/// techniques from rounding algorithms", 2002): of every three neighbours among its words and CJK
/// characters. 0 for a text without any.
std::uint64_t simhash(std::string_view text);

}  // namespace feedwire::storage
