// The img element: its real source, the candidates of its srcset, and whether it is only a pixel.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/appender.h"
#include "feeds/html_tokenizer.h"

namespace feedwire::feeds {

struct HtmlImage {
  std::string src;                    // absolute http(s)
  std::string srcset;                 // "url descriptor, …", each absolute http(s)
  std::vector<HtmlAttribute> others;  // alt, title, width, height as written
};

/// What may be shown of an img. A lazy image, whose src is missing or a data: URL, gets the source
/// its script would set, or else the first candidate of its srcset. Nothing for a pixel, and where
/// no source is left.
std::optional<HtmlImage> read_image(const std::vector<HtmlAttribute>& attributes,
                                    std::string_view base);

/// Of the first 64 candidates of a srcset (HTML 4.8.4.2.3) those that are http(s) URLs, made
/// absolute. `first` gets the URL of the first one if it is empty.
std::string clean_srcset(std::string_view srcset, std::string_view base, std::string& first);

void append_image(Appender& out, const HtmlImage& image);

}  // namespace feedwire::feeds
