#include "cli/terminal_text.h"

#include <fmt/format.h>
#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "base/utf8.h"

namespace feedwire::cli {
namespace {

struct CharRange {
  char32_t first, last;
};

// Drawn as nothing, so that two texts may differ and look alike (Unicode 15, Default_Ignorable and
// blank letters), but for the variation selectors that emoji are written with.
constexpr CharRange kInvisible[] = {
    {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},     {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2060, 0x206f},   {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xffa0, 0xffa0}, {0xfff9, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool is_invisible(char32_t c) {
  return std::any_of(std::begin(kInvisible), std::end(kInvisible),
                     [c](const CharRange& range) { return c >= range.first && c <= range.last; });
}

void append_mark(std::string& out, char32_t c) {
  if (c < 0x20)
    append_utf8(out, 0x2400 + c);  // the control pictures
  else if (c == 0x7f)
    append_utf8(out, 0x2421);
  else
    fmt::format_to(std::back_inserter(out), "<U+{:04X}>", static_cast<std::uint32_t>(c));
}

// wcwidth() knows the C library's Unicode data, but only in a UTF-8 locale.
int columns_of(char32_t c) {
  static const locale_t kUtf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  if (c < 0x7f || kUtf8 == nullptr) return 1;
  const locale_t before = ::uselocale(kUtf8);
  const int columns = ::wcwidth(static_cast<wchar_t>(c));
  ::uselocale(before);
  return columns < 0 ? 1 : columns;
}

}  // namespace

std::string visible(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = decode_utf8(text, at);
    if (c == kInvalid)
      append_utf8(out, kReplacement);
    else if (is_unsafe_char(c) || is_invisible(c))
      append_mark(out, c);
    else
      out.append(text.substr(start, at - start));
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();)
    width += static_cast<std::size_t>(columns_of(decode_utf8(text, at)));
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t used = 0, end = 0;
  for (std::size_t at = 0; at < text.size(); end = at) {
    used += static_cast<std::size_t>(columns_of(decode_utf8(text, at)));
    if (used > width - 1) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::size_t terminal_width(int fd) {
  winsize size{};
  if (::isatty(fd) && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  std::size_t columns = 0;
  if (const char* variable = std::getenv("COLUMNS")) {
    const std::string_view text(variable);
    std::from_chars(text.data(), text.data() + text.size(), columns);
  }
  return columns;
}

}  // namespace feedwire::cli
