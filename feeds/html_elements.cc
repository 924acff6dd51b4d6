#include "feeds/html_elements.h"

#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

constexpr std::uint8_t kKept = HtmlElement::kKept, kVoid = HtmlElement::kVoid,
                       kBlock = HtmlElement::kBlock, kDropped = HtmlElement::kDropped,
                       kRawText = HtmlElement::kRawText;

// In the order of HtmlTag.
constexpr std::array<HtmlElement, kHtmlTags> kElements{
    {{},
     {"a", HtmlTag::a, kKept},
     {"abbr", HtmlTag::abbr, kKept},
     {"acronym", HtmlTag::acronym, kKept},
     {"address", HtmlTag::address, kKept | kBlock},
     {"applet", HtmlTag::applet, kDropped},
     {"area", HtmlTag::area, kVoid | kDropped},
     {"article", HtmlTag::article, kKept | kBlock},
     {"aside", HtmlTag::aside, kKept | kBlock},
     {"audio", HtmlTag::audio, kDropped},
     {"b", HtmlTag::b, kKept},
     {"base", HtmlTag::base, kVoid | kDropped},
     {"basefont", HtmlTag::basefont, kVoid | kDropped},
     {"bdi", HtmlTag::bdi, kKept},
     {"bdo", HtmlTag::bdo, kKept},
     {"bgsound", HtmlTag::bgsound, kVoid | kDropped},
     {"big", HtmlTag::big, kKept},
     {"blockquote", HtmlTag::blockquote, kKept | kBlock},
     {"body", HtmlTag::body, kBlock},
     {"br", HtmlTag::br, kKept | kVoid},
     {"button", HtmlTag::button, kDropped},
     {"canvas", HtmlTag::canvas, kDropped},
     {"caption", HtmlTag::caption, kKept | kBlock},
     {"center", HtmlTag::center, kBlock},
     {"cite", HtmlTag::cite, kKept},
     {"code", HtmlTag::code, kKept},
     {"col", HtmlTag::col, kKept | kVoid},
     {"colgroup", HtmlTag::colgroup, kKept | kBlock},
     {"datalist", HtmlTag::datalist, kDropped},
     {"dd", HtmlTag::dd, kKept | kBlock},
     {"del", HtmlTag::del, kKept},
     {"details", HtmlTag::details, kKept | kBlock},
     {"dfn", HtmlTag::dfn, kKept},
     {"dir", HtmlTag::dir, kBlock},
     {"div", HtmlTag::div, kKept | kBlock},
     {"dl", HtmlTag::dl, kKept | kBlock},
     {"dt", HtmlTag::dt, kKept | kBlock},
     {"em", HtmlTag::em, kKept},
     {"embed", HtmlTag::embed, kVoid | kDropped},
     {"fieldset", HtmlTag::fieldset, kBlock},
     {"figcaption", HtmlTag::figcaption, kKept | kBlock},
     {"figure", HtmlTag::figure, kKept | kBlock},
     {"footer", HtmlTag::footer, kKept | kBlock},
     {"form", HtmlTag::form, kBlock},
     {"frame", HtmlTag::frame, kVoid | kDropped},
     {"frameset", HtmlTag::frameset, kDropped},
     {"h1", HtmlTag::h1, kKept | kBlock},
     {"h2", HtmlTag::h2, kKept | kBlock},
     {"h3", HtmlTag::h3, kKept | kBlock},
     {"h4", HtmlTag::h4, kKept | kBlock},
     {"h5", HtmlTag::h5, kKept | kBlock},
     {"h6", HtmlTag::h6, kKept | kBlock},
     {"head", HtmlTag::head, kBlock},
     {"header", HtmlTag::header, kKept | kBlock},
     {"hgroup", HtmlTag::hgroup, kKept | kBlock},
     {"hr", HtmlTag::hr, kKept | kBlock | kVoid},
     {"html", HtmlTag::html, kBlock},
     {"i", HtmlTag::i, kKept},
     {"iframe", HtmlTag::iframe, kRawText | kDropped},
     {"img", HtmlTag::img, kKept | kVoid},
     {"input", HtmlTag::input, kVoid | kDropped},
     {"ins", HtmlTag::ins, kKept},
     {"kbd", HtmlTag::kbd, kKept},
     {"keygen", HtmlTag::keygen, kVoid | kDropped},
     {"legend", HtmlTag::legend, kBlock},
     {"li", HtmlTag::li, kKept | kBlock},
     {"link", HtmlTag::link, kVoid | kDropped},
     {"main", HtmlTag::main, kKept | kBlock},
     {"mark", HtmlTag::mark, kKept},
     {"math", HtmlTag::math, kDropped},
     {"menu", HtmlTag::menu, kKept | kBlock},
     {"meta", HtmlTag::meta, kVoid | kDropped},
     {"meter", HtmlTag::meter, kDropped},
     {"nav", HtmlTag::nav, kKept | kBlock},
     {"noembed", HtmlTag::noembed, kRawText | kDropped},
     {"noframes", HtmlTag::noframes, kRawText | kDropped},
     {"noscript", HtmlTag::noscript, 0},
     {"object", HtmlTag::object, kDropped},
     {"ol", HtmlTag::ol, kKept | kBlock},
     {"optgroup", HtmlTag::optgroup, kDropped},
     {"option", HtmlTag::option, kDropped},
     {"p", HtmlTag::p, kKept | kBlock},
     {"param", HtmlTag::param, kVoid | kDropped},
     {"pre", HtmlTag::pre, kKept | kBlock},
     {"progress", HtmlTag::progress, kDropped},
     {"q", HtmlTag::q, kKept},
     {"rp", HtmlTag::rp, kKept},
     {"rt", HtmlTag::rt, kKept},
     {"ruby", HtmlTag::ruby, kKept},
     {"s", HtmlTag::s, kKept},
     {"samp", HtmlTag::samp, kKept},
     {"script", HtmlTag::script, kRawText | kDropped},
     {"section", HtmlTag::section, kKept | kBlock},
     {"select", HtmlTag::select, kDropped},
     {"small", HtmlTag::small, kKept},
     {"source", HtmlTag::source, kVoid | kDropped},
     {"strike", HtmlTag::strike, kKept},
     {"strong", HtmlTag::strong, kKept},
     {"style", HtmlTag::style, kRawText | kDropped},
     {"sub", HtmlTag::sub, kKept},
     {"summary", HtmlTag::summary, kKept | kBlock},
     {"sup", HtmlTag::sup, kKept},
     {"svg", HtmlTag::svg, kDropped},
     {"table", HtmlTag::table, kKept | kBlock},
     {"tbody", HtmlTag::tbody, kKept | kBlock},
     {"td", HtmlTag::td, kKept | kBlock},
     {"template", HtmlTag::template_, kDropped},
     {"textarea", HtmlTag::textarea, kRawText | kDropped},
     {"tfoot", HtmlTag::tfoot, kKept | kBlock},
     {"th", HtmlTag::th, kKept | kBlock},
     {"thead", HtmlTag::thead, kKept | kBlock},
     {"time", HtmlTag::time, kKept},
     {"title", HtmlTag::title, kRawText | kDropped},
     {"tr", HtmlTag::tr, kKept | kBlock},
     {"track", HtmlTag::track, kVoid | kDropped},
     {"tt", HtmlTag::tt, kKept},
     {"u", HtmlTag::u, kKept},
     {"ul", HtmlTag::ul, kKept | kBlock},
     {"var", HtmlTag::var, kKept},
     {"video", HtmlTag::video, kDropped},
     {"wbr", HtmlTag::wbr, kKept | kVoid}}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kElements.size(); ++i)
    if (static_cast<std::size_t>(kElements[i].tag) != i) return false;
  return true;
}
static_assert(in_order());

constexpr std::size_t kBuckets = 512;
constexpr std::size_t kLongestName = 10;  // "blockquote"

constexpr std::size_t bucket_of(std::string_view name) {
  std::uint64_t code = name.size();  // five bits of a letter are the same in either case
  for (const char c : name) code = code << 5 | (static_cast<unsigned char>(c) & 0x1fu);
  return (code * 0x9e3779b97f4a7c15 >> 32) % kBuckets;
}

// Open addressing; at most a third is taken.
constexpr std::array<HtmlTag, kBuckets> make_buckets() {
  std::array<HtmlTag, kBuckets> buckets{};
  for (std::size_t i = 1; i < kElements.size(); ++i) {
    std::size_t bucket = bucket_of(kElements[i].name);
    while (buckets[bucket] != HtmlTag::unknown) bucket = (bucket + 1) % kBuckets;
    buckets[bucket] = kElements[i].tag;
  }
  return buckets;
}
constexpr std::array<HtmlTag, kBuckets> kByName = make_buckets();

}  // namespace

HtmlTag find_html_tag(std::string_view name) {
  if (name.size() > kLongestName) return HtmlTag::unknown;
  std::size_t bucket = bucket_of(name);
  for (; kByName[bucket] != HtmlTag::unknown; bucket = (bucket + 1) % kBuckets)
    if (iequals_ascii(html_element(kByName[bucket]).name, name)) return kByName[bucket];
  return HtmlTag::unknown;
}

const HtmlElement& html_element(HtmlTag tag) { return kElements[static_cast<std::size_t>(tag)]; }

}  // namespace feedwire::feeds
