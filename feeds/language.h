#pragma once

#include <string>
#include <string_view>

namespace feedwire::feeds {

/// A language tag in the case BCP 47 recommends: "zh_cn" -> "zh-CN", "EN-us" -> "en-US". Empty for
/// what cannot be one.
std::string normalize_language(std::string_view tag);

}  // namespace feedwire::feeds
