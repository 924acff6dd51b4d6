#include "feeds/encoding.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/utf8.h"
#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

struct Mark {
  std::string_view bytes;
  std::string_view encoding;
};
// UTF-32 before UTF-16: its little-endian mark begins with the other's.
constexpr std::array<Mark, 5> kByteOrderMarks = {{{"\xef\xbb\xbf", "utf-8"},
                                                  {{"\xff\xfe\0\0", 4}, "utf-32le"},
                                                  {{"\0\0\xfe\xff", 4}, "utf-32be"},
                                                  {"\xff\xfe", "utf-16le"},
                                                  {"\xfe\xff", "utf-16be"}}};

// What publishers call an encoding, and the superset that decodes what they really send.
constexpr std::array<Mark, 12> kSupersets = {{{"gb2312", "gb18030"},
                                              {"gbk", "gb18030"},
                                              {"gb_2312-80", "gb18030"},
                                              {"x-gbk", "gb18030"},
                                              {"shift_jis", "cp932"},
                                              {"x-sjis", "cp932"},
                                              {"windows-31j", "cp932"},
                                              {"euc-kr", "cp949"},
                                              {"ks_c_5601-1987", "cp949"},
                                              {"iso-8859-1", "windows-1252"},
                                              {"latin1", "windows-1252"},
                                              {"us-ascii", "windows-1252"}}};

// The value after "name=" up to the closing quote or a delimiter, in lower case.
std::string value_of(std::string_view text, std::string_view name) {
  const std::string lower = to_lower_ascii(text);
  std::size_t at = lower.find(name);
  if (at == lower.npos) return "";
  at = lower.find_first_not_of(kHtmlSpaces, at + name.size());
  if (at == lower.npos || lower[at] != '=') return "";
  at = lower.find_first_not_of(" \t\r\n\"'", at + 1);
  if (at == lower.npos) return "";
  return lower.substr(at, lower.find_first_of(" \t\r\n\"';?>", at) - at);
}

std::string declared_encoding(std::string_view bytes) {
  const std::string_view start = trim(bytes.substr(0, 1024));
  if (!start.starts_with("<?xml")) return "";
  return value_of(start.substr(0, start.find("?>")), "encoding");
}

// UTF-16 without a mark shows in the zero bytes beside the first character.
std::string_view unmarked_utf16(std::string_view bytes) {
  if (bytes.size() < 4) return "";
  if (bytes[0] == '<' && bytes[1] == '\0' && bytes[2] != '\0') return "utf-16le";
  if (bytes[0] == '\0' && bytes[1] == '<' && bytes[2] == '\0') return "utf-16be";
  return "";
}

class Converter {
 public:
  explicit Converter(const std::string& from) : handle_(::iconv_open("UTF-8", from.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (known()) ::iconv_close(handle_);
  }

  bool known() const { return handle_ != kNone; }

  // Returns how many bytes were replaced by U+FFFD.
  std::size_t convert(std::string_view bytes, std::string& out) {
    std::size_t replaced = 0;
    char* in = const_cast<char*>(bytes.data());  // iconv() reads only; its C prototype lacks const
    std::size_t in_left = bytes.size();
    std::array<char, 16 * 1024> buffer;
    while (in_left > 0) {
      char* to = buffer.data();
      std::size_t to_left = buffer.size();
      const std::size_t result = ::iconv(handle_, &in, &in_left, &to, &to_left);
      out.append(buffer.data(), buffer.size() - to_left);
      if (result != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
      append_utf8(out, kReplacement);
      ++replaced;
      ++in;
      --in_left;
    }
    return replaced;
  }

 private:
  inline static const iconv_t kNone = reinterpret_cast<iconv_t>(-1);
  iconv_t handle_;
};

void keep_utf8(std::string_view bytes, DecodedText& out) {
  out.text = bytes;
  const bool valid = is_valid_utf8(bytes);
  if (valid && bytes.find('\0') == bytes.npos) return;
  out.owned = repair_utf8(bytes);
  out.text = out.owned;
  if (!valid) out.problems.push_back({"bad-bytes", "bytes that are no UTF-8 were replaced", 0});
}

// Whether the bytes read the same in every encoding that extends ASCII.
bool is_plain_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0 && c != '\x1b'; });
}

void convert(std::string_view bytes, DecodedText& out) {
  const auto superset = std::find_if(kSupersets.begin(), kSupersets.end(),
                                     [&](const Mark& m) { return m.bytes == out.encoding; });
  Converter converter(superset == kSupersets.end() ? out.encoding
                                                   : std::string(superset->encoding));
  // UTF-7 hides markup from every check of bytes (S25).
  if (!converter.known() || out.encoding.starts_with("utf-7")) {
    out.problems.push_back({"unknown-encoding", "unknown encoding \"" + out.encoding + '"', 0});
    out.encoding = "utf-8";
    return keep_utf8(bytes, out);
  }
  out.owned.reserve(bytes.size() + bytes.size() / 2);
  if (const std::size_t replaced = converter.convert(bytes, out.owned); replaced > 0) {
    out.problems.push_back(
        {"bad-bytes",
         std::to_string(replaced) + " bytes that are no " + out.encoding + " were replaced", 0});
  }
  if (!is_valid_utf8(out.owned) || out.owned.find('\0') != std::string::npos)
    out.owned = repair_utf8(out.owned);
  out.text = out.owned;
}

}  // namespace

void decode(std::string_view bytes, std::string_view content_type, DecodedText& out) {
  for (const Mark& mark : kByteOrderMarks) {
    if (!bytes.starts_with(mark.bytes)) continue;
    bytes.remove_prefix(mark.bytes.size());
    out.encoding = mark.encoding;
    return mark.encoding == "utf-8" ? keep_utf8(bytes, out) : convert(bytes, out);
  }
  if (const std::string_view utf16 = unmarked_utf16(bytes); !utf16.empty()) {
    out.encoding = utf16;
    return convert(bytes, out);
  }
  out.encoding = value_of(content_type, "charset");
  if (out.encoding.empty()) out.encoding = declared_encoding(bytes);
  if (out.encoding.empty() || out.encoding == "utf8") out.encoding = "utf-8";
  if (out.encoding == "utf-8") return keep_utf8(bytes, out);
  if (is_plain_ascii(bytes)) return keep_utf8(bytes, out);
  const bool stateful = bytes.find('\x1b') != bytes.npos;
  if (!stateful && is_valid_utf8(bytes)) {
    out.problems.push_back(
        {"wrong-encoding", "declared as " + out.encoding + " but written in UTF-8", 0});
    out.encoding = "utf-8";
    return keep_utf8(bytes, out);
  }
  convert(bytes, out);
}

}  // namespace feedwire::feeds
