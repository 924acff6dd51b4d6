#include "feeds/encoding.h"

#include <fmt/format.h>
#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>

#include "base/utf8.h"
#include "feeds/ascii.h"
#include "feeds/encoding_names.h"
#include "feeds/rare_library.h"

namespace feedwire::feeds {
namespace {

constexpr std::size_t kDeclarationBytes = 1024;  // where an XML declaration is looked for
constexpr std::size_t kGuessedBytes = 64 * 1024;
constexpr const char* kLastResort = "windows-1252";
constexpr char kEscape = '\x1b';  // begins a change of character set in ISO 2022

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

// How "<" looks at the start of wide encodings without a mark (XML 1.0 appendix F).
constexpr std::array<Mark, 4> kWideStarts = {{{{"<\0\0\0", 4}, "utf-32le"},
                                              {{"\0\0\0<", 4}, "utf-32be"},
                                              {{"<\0", 2}, "utf-16le"},
                                              {{"\0<", 2}, "utf-16be"}}};

constexpr std::string_view kEbcdicXml = "\x4c\x6f\xa7\x94";  // "<?xm"

// The value after "name=" up to the closing quote or a delimiter, in lower case and valid UTF-8.
std::string value_of(std::string_view text, std::string_view name) {
  const std::string lower = to_lower_ascii(text);
  std::size_t at = lower.find(name);
  if (at == lower.npos) return "";
  at = lower.find_first_not_of(kHtmlSpaces, at + name.size());
  if (at == lower.npos || lower[at] != '=') return "";
  at = lower.find_first_not_of(" \t\r\n\"'", at + 1);
  if (at == lower.npos) return "";
  return repair_utf8(
      std::string_view(lower).substr(at, lower.find_first_of(" \t\r\n\"';?>", at) - at));
}

// There may be junk in front of the declaration.
std::string declared_encoding(std::string_view bytes) {
  bytes = bytes.substr(0, kDeclarationBytes);
  const std::size_t start = bytes.find("<?xml");
  if (start == bytes.npos) return "";
  bytes.remove_prefix(start);
  return value_of(bytes.substr(0, bytes.find("?>")), "encoding");
}

class Converter {
 public:
  explicit Converter(const char* from) : handle_(::iconv_open("UTF-8", from)) {}
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
    while (in_left > 0) {
      if (step(&in, &in_left, out) || errno == E2BIG) continue;
      append_utf8(out, kReplacement);
      ++replaced;
      ++in;
      --in_left;
    }
    // Some converters hold a character back, as a combining one may follow.
    step(nullptr, nullptr, out);
    return replaced;
  }

 private:
  bool step(char** in, std::size_t* in_left, std::string& out) {
    char* to = buffer_.data();
    std::size_t to_left = buffer_.size();
    const std::size_t result = ::iconv(handle_, in, in_left, &to, &to_left);
    out.append(buffer_.data(), buffer_.size() - to_left);
    return result != static_cast<std::size_t>(-1);
  }

  inline static const iconv_t kNone = reinterpret_cast<iconv_t>(-1);
  iconv_t handle_;
  std::array<char, 16 * 1024> buffer_;
};

// Whether text in ASCII reads the same in it, as it does not in UTF-16 or EBCDIC.
bool extends_ascii(const char* converter) {
  constexpr std::string_view kSample = "<?xml";
  std::string decoded;
  Converter(converter).convert(kSample, decoded);
  return decoded == kSample;
}

// C1 controls appear only where somebody took Windows-1252 for ISO-8859-1.
void replace_c1_controls(DecodedText& out) {
  const auto is_c1 = [&](std::size_t at) {
    return at + 1 < out.text.size() && static_cast<unsigned char>(out.text[at + 1]) < 0xa0;
  };
  std::optional<Converter> windows1252;  // costs more than all else, and few documents need it
  std::string fixed;
  std::size_t copied = 0;
  for (std::size_t at = out.text.find('\xc2'); at != out.text.npos;
       at = out.text.find('\xc2', at + 2)) {
    if (!is_c1(at)) continue;
    fixed.append(out.text, copied, at - copied);
    if (!windows1252) windows1252.emplace("CP1252");
    windows1252->convert(out.text.substr(at + 1, 1), fixed);
    copied = at + 2;
  }
  if (copied == 0) return;
  fixed.append(out.text.substr(copied));
  out.owned = std::move(fixed);
  out.text = out.owned;
}

void keep_utf8(std::string_view bytes, bool valid, DecodedText& out) {
  out.text = bytes;
  if (!valid || bytes.find('\0') != bytes.npos) {
    out.owned = repair_utf8(bytes);
    out.text = out.owned;
    if (!valid) out.problems.push_back({"bad-bytes", "bytes that are no UTF-8 were replaced", 0});
  }
  replace_c1_controls(out);
}

// Whether the bytes read the same in every encoding that extends ASCII.
bool is_plain_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c >= 0 && c != kEscape; });
}

// `out.encoding` is one that converter_for() knows.
void convert(std::string_view bytes, DecodedText& out) {
  out.owned.reserve(bytes.size() + bytes.size() / 2);
  Converter converter(converter_for(out.encoding));
  if (!converter.known()) {
    out.problems.push_back(
        {"unknown-encoding", fmt::format("no converter for {} is installed", out.encoding), 0});
    out.encoding = "utf-8";
    return keep_utf8(bytes, is_valid_utf8(bytes), out);
  }
  if (const std::size_t replaced = converter.convert(bytes, out.owned); replaced > 0) {
    out.problems.push_back(
        {"bad-bytes", fmt::format("{} bytes that are no {} were replaced", replaced, out.encoding),
         0});
  }
  if (!is_valid_utf8(out.owned) || out.owned.find('\0') != std::string::npos)
    out.owned = repair_utf8(out.owned);
  out.text = out.owned;
  replace_c1_controls(out);
}

// Whether most of what is no ASCII is well-formed UTF-8, which other encodings hardly ever are.
bool is_mostly_utf8(std::string_view bytes) {
  std::size_t good = 0, bad = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const char32_t c = decode_utf8(bytes, at);
    good += c >= 0x80 && c != kInvalid ? 1 : 0;
    bad += c == kInvalid ? 1 : 0;
  }
  return good > 4 * bad;
}

// What uchardet says of the first bytes that are no ASCII; "" if it does not know.
Result<std::string> guess_encoding(std::string_view bytes) {
  const Result<const Uchardet*> loaded = uchardet();
  if (!loaded) return loaded.error();
  const Uchardet& detector = **loaded;
  const auto first =
      std::find_if(bytes.begin(), bytes.end(), [](char c) { return c < 0 || c == kEscape; });
  bytes.remove_prefix(static_cast<std::size_t>(first - bytes.begin()));
  bytes = bytes.substr(0, kGuessedBytes);

  const std::unique_ptr<std::remove_pointer_t<uchardet_t>, decltype(&::uchardet_delete)> handle(
      detector.create(), detector.destroy);
  if (detector.handle_data(handle.get(), bytes.data(), bytes.size()) != 0) return std::string();
  detector.data_end(handle.get());
  return to_lower_ascii(detector.charset(handle.get()));
}

// Nobody said what the bytes are.
void decode_undeclared(std::string_view bytes, DecodedText& out) {
  const bool valid = is_valid_utf8(bytes);
  const bool utf8 = valid || is_mostly_utf8(bytes);
  const bool escapes = bytes.find(kEscape) != bytes.npos;
  const Result<std::string> guess = utf8 && !escapes ? std::string() : guess_encoding(bytes);
  // What is valid in both is ISO 2022, whose bytes are ASCII's.
  if (utf8 && !(guess && guess->starts_with("iso-2022"))) {
    out.encoding = "utf-8";
    return keep_utf8(bytes, valid, out);
  }
  out.encoding = guess ? *guess : "";
  if (converter_for(out.encoding) == nullptr) out.encoding = kLastResort;
  out.problems.push_back({"guessed-encoding",
                          fmt::format("no encoding is given; read as {}{}", out.encoding,
                                      guess ? "" : fmt::format(" ({})", guess.error().message)),
                          0});
  convert(bytes, out);
}

// The charset of HTTP, else of the XML declaration; "" if there is none that is known and possible.
std::string find_declared(std::string_view bytes, std::string_view content_type, DecodedText& out) {
  const std::string in_document = declared_encoding(bytes);
  for (const std::string& label : {value_of(content_type, "charset"), in_document}) {
    if (label.empty()) continue;
    const char* const converter = converter_for(label);
    if (converter == nullptr) {
      out.problems.push_back(
          {"unknown-encoding", fmt::format("unknown encoding \"{}\"", label), 0});
    } else if (bytes.starts_with('<') && !extends_ascii(converter)) {
      out.problems.push_back(
          {"wrong-encoding", fmt::format("declared as {}, which it cannot be", label), 0});
    } else {
      return label;
    }
  }
  return "";
}

bool is_utf8(std::string_view label) { return label == "utf-8" || label == "utf8"; }

// For bytes that no mark and no zero identifies.
void decode_declared(std::string_view bytes, std::string_view content_type, DecodedText& out) {
  out.encoding = find_declared(bytes, content_type, out);
  if (out.encoding.empty()) return decode_undeclared(bytes, out);
  if (is_utf8(out.encoding)) {
    out.encoding = "utf-8";
    return keep_utf8(bytes, is_valid_utf8(bytes), out);
  }
  if (is_plain_ascii(bytes)) return keep_utf8(bytes, true, out);
  if (is_valid_utf8(bytes) && bytes.find(kEscape) == bytes.npos) {
    out.problems.push_back(
        {"wrong-encoding", fmt::format("declared as {} but written in UTF-8", out.encoding), 0});
    out.encoding = "utf-8";
    return keep_utf8(bytes, true, out);
  }
  convert(bytes, out);
}

// The declaration is written in letters that all pages of EBCDIC share.
void decode_ebcdic(std::string_view bytes, DecodedText& out) {
  std::string start;
  Converter("IBM037").convert(bytes.substr(0, kDeclarationBytes), start);
  out.encoding = declared_encoding(start);
  const char* const converter = converter_for(out.encoding);
  if (converter == nullptr || extends_ascii(converter)) out.encoding = "cp037";
  convert(bytes, out);
}

}  // namespace

void decode(std::string_view bytes, std::string_view content_type, DecodedText& out) {
  for (const Mark& mark : kByteOrderMarks) {
    if (!bytes.starts_with(mark.bytes)) continue;
    bytes.remove_prefix(mark.bytes.size());
    out.encoding = mark.encoding;
    return mark.encoding == "utf-8" ? keep_utf8(bytes, is_valid_utf8(bytes), out)
                                    : convert(bytes, out);
  }
  for (const Mark& start : kWideStarts) {
    if (!bytes.starts_with(start.bytes)) continue;
    out.encoding = start.encoding;
    return convert(bytes, out);
  }
  if (bytes.starts_with(kEbcdicXml)) return decode_ebcdic(bytes, out);
  decode_declared(bytes, content_type, out);
}

void preload_encodings() {
  static const std::vector<std::unique_ptr<Converter>> converters = [] {
    std::vector<std::unique_ptr<Converter>> opened;
    for (const char* const name : all_converters())
      opened.push_back(std::make_unique<Converter>(name));
    return opened;
  }();
}

}  // namespace feedwire::feeds
