#include "feeds/encoding_names.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

struct Alias {
  std::string_view name;  // letters and digits alone, in lower case
  const char* converter;
};

// The labels of the WHATWG's Encoding Standard, of IANA and of Python, and what decodes them: its
// supersets first, then the rest as they are.
constexpr Alias kAliases[] = {
    {"utf8", "UTF-8"},
    {"unicode11utf8", "UTF-8"},
    {"utf16", "UTF-16LE"},
    {"utf16le", "UTF-16LE"},
    {"ucs2", "UTF-16LE"},
    {"iso10646ucs2", "UTF-16LE"},
    {"unicode", "UTF-16LE"},
    {"csunicode", "UTF-16LE"},
    {"u16", "UTF-16LE"},
    {"utf16be", "UTF-16BE"},
    {"unicodefffe", "UTF-16BE"},
    {"utf32", "UTF-32LE"},
    {"utf32le", "UTF-32LE"},
    {"ucs4le", "UTF-32LE"},
    {"utf32be", "UTF-32BE"},
    {"ucs4", "UTF-32BE"},
    {"ucs4be", "UTF-32BE"},
    {"iso10646ucs4", "UTF-32BE"},
    {"csucs4", "UTF-32BE"},
    // Simplified Chinese
    {"gb18030", "GB18030"},
    {"gb2312", "GB18030"},
    {"gb231280", "GB18030"},
    {"gb23121980", "GB18030"},
    {"csgb2312", "GB18030"},
    {"csgb231280", "GB18030"},
    {"csiso58gb231280", "GB18030"},
    {"iso58gb231280", "GB18030"},
    {"isoir58", "GB18030"},
    {"chinese", "GB18030"},
    {"gbk", "GB18030"},
    {"xgbk", "GB18030"},
    {"cp936", "GB18030"},
    {"ms936", "GB18030"},
    {"windows936", "GB18030"},
    {"936", "GB18030"},
    {"euccn", "GB18030"},
    {"eucgb2312cn", "GB18030"},
    // Traditional Chinese
    {"big5", "BIG5-HKSCS"},
    {"big5tw", "BIG5-HKSCS"},
    {"big5hkscs", "BIG5-HKSCS"},
    {"cnbig5", "BIG5-HKSCS"},
    {"csbig5", "BIG5-HKSCS"},
    {"xxbig5", "BIG5-HKSCS"},
    {"xbig5", "BIG5-HKSCS"},
    {"cp950", "BIG5-HKSCS"},
    {"ms950", "BIG5-HKSCS"},
    {"950", "BIG5-HKSCS"},
    {"hkscs", "BIG5-HKSCS"},
    {"euctw", "EUC-TW"},
    // Japanese
    {"shiftjis", "CP932"},
    {"sjis", "CP932"},
    {"xsjis", "CP932"},
    {"csshiftjis", "CP932"},
    {"mskanji", "CP932"},
    {"windows31j", "CP932"},
    {"cp932", "CP932"},
    {"ms932", "CP932"},
    {"932", "CP932"},
    {"eucjp", "EUC-JP-MS"},
    {"xeucjp", "EUC-JP-MS"},
    {"ujis", "EUC-JP-MS"},
    {"cseucpkdfmtjapanese", "EUC-JP-MS"},
    {"iso2022jp", "ISO-2022-JP"},
    {"csiso2022jp", "ISO-2022-JP"},
    {"iso2022jp1", "ISO-2022-JP-2"},
    {"iso2022jp2", "ISO-2022-JP-2"},
    {"iso2022jp3", "ISO-2022-JP-3"},
    {"eucjisx0213", "EUC-JISX0213"},
    {"eucjis2004", "EUC-JISX0213"},
    {"shiftjisx0213", "SHIFT_JISX0213"},
    {"shiftjis2004", "SHIFT_JISX0213"},
    // Korean
    {"euckr", "CP949"},
    {"cseuckr", "CP949"},
    {"korean", "CP949"},
    {"ksc56011987", "CP949"},
    {"ksc56011989", "CP949"},
    {"ksc5601", "CP949"},
    {"csksc56011987", "CP949"},
    {"isoir149", "CP949"},
    {"cp949", "CP949"},
    {"ms949", "CP949"},
    {"uhc", "CP949"},
    {"windows949", "CP949"},
    {"949", "CP949"},
    {"johab", "JOHAB"},
    {"iso2022kr", "ISO-2022-KR"},
    {"iso2022cn", "ISO-2022-CN"},
    // Latin, and ASCII, which is seldom what it says
    {"ascii", "CP1252"},
    {"usascii", "CP1252"},
    {"ansix341968", "CP1252"},
    {"iso646us", "CP1252"},
    {"iso88591", "CP1252"},
    {"iso885911987", "CP1252"},
    {"latin1", "CP1252"},
    {"latin", "CP1252"},
    {"l1", "CP1252"},
    {"isoir100", "CP1252"},
    {"csisolatin1", "CP1252"},
    {"iso88592", "ISO-8859-2"},
    {"latin2", "ISO-8859-2"},
    {"l2", "ISO-8859-2"},
    {"csisolatin2", "ISO-8859-2"},
    {"iso88593", "ISO-8859-3"},
    {"latin3", "ISO-8859-3"},
    {"iso88594", "ISO-8859-4"},
    {"latin4", "ISO-8859-4"},
    {"iso88595", "ISO-8859-5"},
    {"cyrillic", "ISO-8859-5"},
    {"csisolatincyrillic", "ISO-8859-5"},
    {"iso88596", "ISO-8859-6"},
    {"arabic", "ISO-8859-6"},
    {"asmo708", "ISO-8859-6"},
    {"ecma114", "ISO-8859-6"},
    {"iso88597", "ISO-8859-7"},
    {"greek", "ISO-8859-7"},
    {"greek8", "ISO-8859-7"},
    {"elot928", "ISO-8859-7"},
    {"ecma118", "ISO-8859-7"},
    {"iso88598", "ISO-8859-8"},
    {"iso88598i", "ISO-8859-8"},
    {"iso88598e", "ISO-8859-8"},
    {"hebrew", "ISO-8859-8"},
    {"logical", "ISO-8859-8"},
    {"visual", "ISO-8859-8"},
    {"iso88599", "CP1254"},
    {"latin5", "CP1254"},
    {"l5", "CP1254"},
    {"csisolatin5", "CP1254"},
    {"iso885910", "ISO-8859-10"},
    {"latin6", "ISO-8859-10"},
    {"iso885911", "CP874"},
    {"tis620", "CP874"},
    {"thai", "CP874"},
    {"dos874", "CP874"},
    {"iso885913", "ISO-8859-13"},
    {"latin7", "ISO-8859-13"},
    {"iso885914", "ISO-8859-14"},
    {"latin8", "ISO-8859-14"},
    {"iso885915", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"l9", "ISO-8859-15"},
    {"csisolatin9", "ISO-8859-15"},
    {"iso885916", "ISO-8859-16"},
    {"latin10", "ISO-8859-16"},
    // Cyrillic and other alphabets
    {"koi8", "KOI8-R"},
    {"koi", "KOI8-R"},
    {"koi8r", "KOI8-R"},
    {"cskoi8r", "KOI8-R"},
    {"koi8u", "KOI8-U"},
    {"koi8ru", "KOI8-RU"},
    {"koi8t", "KOI8-T"},
    {"ptcp154", "PT154"},
    {"pt154", "PT154"},
    {"cp154", "PT154"},
    {"rk1048", "RK1048"},
    {"kz1048", "RK1048"},
    {"armscii8", "ARMSCII-8"},
    {"georgianps", "GEORGIAN-PS"},
    {"georgianacademy", "GEORGIAN-ACADEMY"},
    {"viscii", "VISCII"},
    {"tcvn", "TCVN"},
    {"macintosh", "MACINTOSH"},
    {"mac", "MACINTOSH"},
    {"macroman", "MACINTOSH"},
    {"xmacroman", "MACINTOSH"},
    {"csmacintosh", "MACINTOSH"},
    {"maccentraleurope", "MAC-CENTRALEUROPE"},
    {"maclatin2", "MAC-CENTRALEUROPE"},
    {"maccentraleurroman", "MAC-CENTRALEUROPE"},
    {"xmacce", "MAC-CENTRALEUROPE"},
    {"maccyrillic", "CP10007"},
    {"xmaccyrillic", "CP10007"},
    {"xmacukrainian", "MAC-UK"},
};

// Pages of IBM and Microsoft, called "cp437", "ibm437", "windows-1251", "x-cp1251" or the like.
constexpr Alias kCodePages[] = {
    {"037", "IBM037"},   {"273", "IBM273"},   {"277", "IBM277"},  {"278", "IBM278"},
    {"280", "IBM280"},   {"284", "IBM284"},   {"285", "IBM285"},  {"297", "IBM297"},
    {"420", "IBM420"},   {"424", "IBM424"},   {"437", "IBM437"},  {"500", "IBM500"},
    {"737", "CP737"},    {"775", "CP775"},    {"850", "IBM850"},  {"852", "IBM852"},
    {"855", "IBM855"},   {"856", "IBM856"},   {"857", "IBM857"},  {"858", "CP858"},
    {"860", "IBM860"},   {"861", "IBM861"},   {"862", "IBM862"},  {"863", "IBM863"},
    {"864", "IBM864"},   {"865", "IBM865"},   {"866", "IBM866"},  {"869", "IBM869"},
    {"870", "IBM870"},   {"871", "IBM871"},   {"874", "CP874"},   {"875", "IBM875"},
    {"1026", "IBM1026"}, {"1047", "IBM1047"}, {"1125", "CP1125"}, {"1140", "IBM1140"},
    {"1141", "IBM1141"}, {"1148", "IBM1148"}, {"1250", "CP1250"}, {"1251", "CP1251"},
    {"1252", "CP1252"},  {"1253", "CP1253"},  {"1254", "CP1254"}, {"1255", "CP1255"},
    {"1256", "CP1256"},  {"1257", "CP1257"},  {"1258", "CP1258"},
};

template <std::size_t kSize>
const char* find(const Alias (&aliases)[kSize], std::string_view name) {
  const Alias* const found = std::find_if(std::begin(aliases), std::end(aliases),
                                          [&](const Alias& alias) { return alias.name == name; });
  return found == std::end(aliases) ? nullptr : found->converter;
}

}  // namespace

const char* converter_for(std::string_view label) {
  std::string name;
  for (const char c : label)
    if (is_ascii_alnum(c)) name += to_lower_ascii(c);
  if (const char* const converter = find(kAliases, name)) return converter;
  std::string_view page = name;
  for (const std::string_view maker : {"x", "cs", "windows", "win", "cp", "ibm", "ms", "dos"})
    if (page.starts_with(maker)) page.remove_prefix(maker.size());
  return find(kCodePages, page);
}

std::span<const char* const> all_converters() {
  static const std::vector<const char*> converters = [] {
    std::vector<const char*> all;
    for (const Alias& alias : kAliases) all.push_back(alias.converter);
    for (const Alias& page : kCodePages) all.push_back(page.converter);
    const auto less = [](const char* a, const char* b) { return std::string_view(a) < b; };
    const auto same = [](const char* a, const char* b) { return std::string_view(a) == b; };
    std::sort(all.begin(), all.end(), less);
    all.erase(std::unique(all.begin(), all.end(), same), all.end());
    return all;
  }();
  return converters;
}

}  // namespace feedwire::feeds
