// Whether two titles speak of the same thing (identity rule I-6).

#pragma once

#include <string_view>

namespace feedwire::storage {

/// The share of tokens that two titles have in common (Jaccard): words of letters and digits, ASCII
/// case aside; pairs of neighbours where the script writes no spaces between words (CJK). Between 0
/// and 1; 1 for two empty titles.
double title_similarity(std::string_view a, std::string_view b);

}  // namespace feedwire::storage
