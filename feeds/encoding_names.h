// Which converter decodes what publishers call an encoding (parsed-feed P-10).

#pragma once

#include <span>
#include <string_view>

namespace feedwire::feeds {

/// iconv's name for what decodes `label`, as HTTP, XML and Python write it in any case; a superset
/// where publishers send more than they say: GB 18030 for gb2312, Windows-1252 for ISO-8859-1.
/// nullptr for what is not known or not wanted: UTF-7 hides markup from every check (S25).
const char* converter_for(std::string_view label);

/// All that converter_for() ever names.
std::span<const char* const> all_converters();

}  // namespace feedwire::feeds
