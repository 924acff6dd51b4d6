#include "feeds/html_image.h"

#include <algorithm>
#include <charconv>

#include "feeds/ascii.h"
#include "feeds/html_attributes.h"
#include "feeds/url.h"

namespace feedwire::feeds {
namespace {

// Where scripts that load images late keep the source, most telling first.
constexpr std::string_view kLazySources[] = {
    "data-src",       "data-original",   "data-lazy-src", "data-actualsrc", "data-url",
    "data-orig-file", "data-large-file", "data-echo",     "data-lazy",      "data-original-src"};
constexpr std::string_view kLazySrcsets[] = {"data-srcset", "data-lazy-srcset",
                                             "data-original-set"};
constexpr std::string_view kOthers[] = {"alt", "title", "width", "height"};

constexpr int kMaxCandidates = 64;  // of one srcset

/// "1", "1px", "0".
bool is_pixel_length(std::string length) {
  // They would not be written: what is left must not be a pixel either.
  std::erase_if(length, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
  int value = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(length.data() + length.size() - end));
  return error == std::errc() && value <= 1 && (unit.empty() || iequals_ascii(unit, "px"));
}

/// "2x", "640w", "480h".
bool is_descriptor(std::string_view text) {
  if (text.size() < 2) return false;
  const std::string_view number = text.substr(0, text.size() - 1);
  const bool digits = std::all_of(number.begin(), number.end(),
                                  [](char c) { return is_ascii_digit(c) || c == '.'; });
  return digits && std::string_view("wxh").find(text.back()) != std::string_view::npos;
}

std::string_view take_run(std::string_view& rest, bool (*belongs)(char)) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), belongs);
  const std::string_view run = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(run.size());
  return run;
}

}  // namespace

std::string clean_srcset(std::string_view rest, std::string_view base, std::string& first) {
  std::string out;
  for (int candidates = 0; !rest.empty() && candidates < kMaxCandidates; ++candidates) {
    take_run(rest, [](char c) { return is_html_space(c) || c == ','; });
    std::string_view source = take_run(rest, [](char c) { return !is_html_space(c); });
    std::string_view descriptor;
    if (source.ends_with(',')) {
      while (source.ends_with(',')) source.remove_suffix(1);
    } else {
      take_run(rest, is_html_space);
      descriptor = take_run(rest, [](char c) { return c != ','; });
      while (!descriptor.empty() && is_html_space(descriptor.back())) descriptor.remove_suffix(1);
    }
    std::string url = source.empty() ? std::string() : resolve_url(base, source);
    // Controls behind a comma are gone now; it would end the candidate in front of its descriptor.
    if (url.ends_with(',')) {
      while (url.ends_with(',')) url.pop_back();
      url = resolve_url({}, url);  // the commas may have been its host
    }
    if (url.empty() || (!descriptor.empty() && !is_descriptor(descriptor))) continue;
    if (first.empty()) first = url;
    if (!out.empty()) out += ", ";
    out += url;
    if (!descriptor.empty()) (out += ' ') += descriptor;
  }
  return out;
}

std::optional<HtmlImage> read_image(const std::vector<HtmlAttribute>& attributes,
                                    std::string_view base) {
  if (is_pixel_length(attribute_value(attributes, "width")) &&
      is_pixel_length(attribute_value(attributes, "height")))
    return std::nullopt;

  HtmlImage image;
  image.src = attribute_url(attributes, "src", base);
  for (const std::string_view name : kLazySources)
    if (image.src.empty()) image.src = attribute_url(attributes, name, base);

  std::string first;
  image.srcset = clean_srcset(attribute_value(attributes, "srcset"), base, first);
  for (const std::string_view name : kLazySrcsets)
    if (image.srcset.empty())
      image.srcset = clean_srcset(attribute_value(attributes, name), base, first);
  if (image.src.empty()) image.src = first;
  if (image.src.empty()) return std::nullopt;

  for (const std::string_view name : kOthers)
    for (const HtmlAttribute& attribute : attributes)
      if (iequals_ascii(attribute.name, name)) {
        image.others.push_back({name, attribute.value});
        break;
      }
  return image;
}

void append_image(Appender& out, const HtmlImage& image) {
  out += "<img";
  append_attribute(out, "src", image.src);
  if (!image.srcset.empty()) append_attribute(out, "srcset", image.srcset);
  for (const HtmlAttribute& other : image.others)
    append_attribute_source(out, other.name, other.value);
  out += '>';
}

}  // namespace feedwire::feeds
