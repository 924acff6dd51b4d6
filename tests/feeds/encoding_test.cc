#include "feeds/encoding.h"
#include "base/utf8.h"

#include <iconv.h>

#include <catch2/catch.hpp>

#include "base/utf8.h"
#include "feeds/encoding_names.h"
#include "feeds/rare_library.h"

namespace feedwire::feeds {
namespace {

struct Decoded {
  std::string text, encoding, codes;
};

Decoded decoded(std::string_view bytes, std::string_view content_type = "") {
  DecodedText out;
  decode(bytes, content_type, out);
  std::string codes;
  for (const Problem& problem : out.problems) codes += problem.code + ' ';
  return {std::string(out.text), out.encoding, codes};
}

std::string wide(std::string_view ascii, std::size_t before, std::size_t after) {
  std::string out;
  for (const char c : ascii) out.append(before, '\0').append(1, c).append(after, '\0');
  return out;
}

// "hello" in Russian, often enough to be recognised.
constexpr std::string_view kRussian =
    "\u043f\u0440\u0438\u0432\u0435\u0442, \u044d\u0442\u043e "
    "\u043d\u043e\u0432\u043e\u0441\u0442\u0438 \u0434\u043d\u044f "
    "\u0438\u0437 \u041c\u043e\u0441\u043a\u0432\u044b";

std::string in_encoding(const char* name, std::string_view text) {
  const iconv_t handle = ::iconv_open(name, "UTF-8");
  std::string in(text), out(text.size() * 4, '\0');
  char* from = in.data();
  char* to = out.data();
  std::size_t from_left = in.size(), to_left = out.size();
  ::iconv(handle, &from, &from_left, &to, &to_left);
  ::iconv_close(handle);
  out.resize(out.size() - to_left);
  return out;
}

}  // namespace

TEST_CASE("P-10 a byte order mark comes before HTTP, HTTP before the declaration", "[encoding]") {
  const std::string koi8 = "<?xml version='1.0' encoding='windows-1251'?><a>\xd0\xd2</a>";
  CHECK(decoded("\xef\xbb\xbf<a/>", "text/xml; charset=koi8-r").encoding == "utf-8");
  CHECK(decoded(koi8, "text/xml; charset=\"KOI8-R\"").encoding == "koi8-r");
  CHECK(decoded(koi8, "text/xml; charset=KOI8-R").text.ends_with("<a>\u043f\u0440</a>"));
  CHECK(decoded(koi8).encoding == "windows-1251");
  CHECK(decoded(koi8).text.ends_with("<a>\u0420\u0422</a>"));
}

TEST_CASE("P-10 UTF-16 and UTF-32 are known with and without a mark", "[encoding]") {
  CHECK(decoded(wide("<a/>", 0, 1)).encoding == "utf-16le");
  CHECK(decoded(wide("<a/>", 1, 0)).encoding == "utf-16be");
  CHECK(decoded(wide("<a/>", 0, 3)).encoding == "utf-32le");
  CHECK(decoded(wide("<a/>", 3, 0)).encoding == "utf-32be");
  CHECK(decoded(wide("<a/>", 3, 0)).text == "<a/>");
  CHECK(decoded("\xff\xfe" + wide("<a/>", 0, 1)).text == "<a/>");
}

TEST_CASE("P-10 EBCDIC is known by its declaration", "[encoding]") {
  const std::string document = "<?xml version=\"1.0\" encoding=\"cp500\"?><a>\u00e9</a>";
  CHECK(decoded(in_encoding("IBM500", document)).text == document);
  CHECK(decoded(in_encoding("IBM500", document)).encoding == "cp500");
  CHECK(decoded(in_encoding("IBM037", "<?xml version=\"1.0\"?><a/>")).encoding == "cp037");
}

TEST_CASE("P-10 publishers send supersets of what they declare", "[encoding]") {
  const auto text_in = [](const std::string& label, std::string_view bytes) {
    return decoded(bytes, "text/xml; charset=" + label).text;
  };
  CHECK(text_in("gb2312", "\xe9\x46") == "\u9555");          // in GBK alone
  CHECK(text_in("GBK", "\x81\x30\x89\x38") == "\u00df");     // in GB 18030 alone
  CHECK(text_in("Shift_JIS", "\x87\x40") == "\u2460");       // NEC's extension
  CHECK(text_in("euc-kr", "\x81\x41") == "\uac02");          // in CP949 alone
  CHECK(text_in("ISO-8859-1", "don\x92t") == "don\u2019t");  // Windows-1252
  CHECK(text_in("us-ascii", "caf\xe9") == "caf\u00e9");
}

TEST_CASE("P-10 where the declared encoding does not fit, UTF-8 wins", "[encoding]") {
  const Decoded wrong = decoded("<?xml version='1.0' encoding='gbk'?><a>\u4e91</a>");
  CHECK(wrong.encoding == "utf-8");
  CHECK(wrong.codes == "wrong-encoding ");
  const Decoded impossible = decoded("<?xml version='1.0' encoding='utf-16'?><a>\u4e91</a>");
  CHECK(impossible.encoding == "utf-8");
  CHECK(impossible.codes == "wrong-encoding ");
}

TEST_CASE("P-10 an unknown label counts as none; S25 neither does UTF-7", "[encoding]") {
  const std::string document = "<?xml version='1.0' encoding='koi8-r'?><a>\xd0</a>";
  CHECK(decoded(document, "text/xml; charset=x-nobody").encoding == "koi8-r");
  CHECK(decoded(document, "text/xml; charset=x-nobody").codes == "unknown-encoding ");
  for (const char* const label : {"utf-7", "UTF-7", "unicode-1-1-utf-7", "x-utf-7", "utf7"})
    CHECK(converter_for(label) == nullptr);
  CHECK(decoded("+ADw-a+AD4-", "text/xml; charset=utf-7").text == "+ADw-a+AD4-");
}

TEST_CASE("the name of an encoding is repaired like all text of strangers", "[encoding]") {
  DecodedText out;
  decode("<a>\xe9</a>", "text/xml; charset=\xffutf-8", out);
  CHECK(is_valid_utf8(out.encoding));
  for (const Problem& problem : out.problems) CHECK(is_valid_utf8(problem.message));
}

TEST_CASE("P-10 bytes of which nobody says what they are, are guessed", "[encoding]") {
  for (const char* const name : {"koi8-r", "windows-1251"}) {
    const Decoded guess = decoded(in_encoding(name, "<a>" + std::string(kRussian) + "</a>"));
    CHECK(guess.encoding == name);
    CHECK(guess.text == "<a>" + std::string(kRussian) + "</a>");
    CHECK(guess.codes == "guessed-encoding ");
  }
  CHECK(decoded("<a>\u4e91</a>").codes.empty());  // valid UTF-8 needs no guess
  CHECK(decoded("<a>\u4e91\u5cf0\u96f7\u7f51\u7ad9\xe4</a>").encoding == "utf-8");
  CHECK(decoded("<a>\xe9</a>").text == "<a>\u00e9</a>");
}

TEST_CASE("P-10 ISO 2022 is known by its escapes, though its bytes are ASCII's", "[encoding]") {
  const std::string text = "\u3053\u308c\u306f\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3067\u3059";
  const Decoded guess = decoded(in_encoding("ISO-2022-JP", "<a>" + text + "</a>"));
  CHECK(guess.encoding == "iso-2022-jp");
  CHECK(guess.text == "<a>" + text + "</a>");
  CHECK(decoded("<a>\x1b[1mbold\x1b[0m</a>").encoding == "utf-8");
}

TEST_CASE("P-10 one bad byte costs one replacement", "[encoding]") {
  CHECK(decoded("<a>x\xffy</a>", "text/xml; charset=utf-8").text == "<a>x\ufffdy</a>");
  CHECK(decoded("<a>x\xff<\xd6\xd0/a>", "text/xml; charset=gb2312").text == "<a>x\ufffd<\u4e2d/a>");
  CHECK(decoded("\xe3<", "text/xml; charset=shift_jis").text == "\ufffd<");
  CHECK(decoded("\xe3<", "text/xml; charset=shift_jis").codes == "bad-bytes ");
}

TEST_CASE("P-10 C1 controls are the Windows-1252 characters that were meant", "[encoding]") {
  CHECK(decoded("don\u0092t \u0080 \u00a0\u0085").text == "don\u2019t \u20ac \u00a0\u2026");
  CHECK(decoded("\xc2").text == "\u00c2");
}

TEST_CASE("every converter that a label names is installed", "[encoding]") {
  for (const char* const name : all_converters()) {
    INFO(name);
    const iconv_t handle = ::iconv_open("UTF-8", name);
    CHECK(handle != reinterpret_cast<iconv_t>(-1));
    if (handle != reinterpret_cast<iconv_t>(-1)) ::iconv_close(handle);
  }
  for (const char* const label :
       {"ISO_8859-1:1987", "latin-1", "Windows-1251", "x-cp1251", "cp1251", "IBM866", "866",
        "KS_C_5601-1987", "x-sjis", "csISOLatin1"}) {
    INFO(label);
    CHECK(converter_for(label) != nullptr);
  }
}

TEST_CASE("the rare libraries load, once", "[rare]") {
  CHECK(load_rare_libraries());
  CHECK(libxml2().value() == libxml2().value());
  CHECK(uchardet().value() == uchardet().value());
  preload_encodings();
}

}  // namespace feedwire::feeds
