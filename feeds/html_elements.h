// The elements of HTML that feedwire knows by name, and what it does with each (parsed-feed P-3).

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace feedwire::feeds {

// clang-format off
enum class HtmlTag : std::uint8_t {
  unknown,  // and those below without kKept or kDropped: the tags go, the content stays
  a, abbr, acronym, address, applet, area, article, aside, audio, b, base, basefont, bdi, bdo,
  bgsound, big, blockquote, body, br, button, canvas, caption, center, cite, code, col,
  colgroup, datalist, dd, del, details, dfn, dir, div, dl, dt, em, embed, fieldset, figcaption,
  figure, footer, form, frame, frameset, h1, h2, h3, h4, h5, h6, head, header, hgroup, hr, html,
  i, iframe, img, input, ins, kbd, keygen, legend, li, link, main, mark, math, menu, meta,
  meter, nav, noembed, noframes, noscript, object, ol, optgroup, option, p, param, pre,
  progress, q, rp, rt, ruby, s, samp, script, section, select, small, source, strike, strong,
  style, sub, summary, sup, svg, table, tbody, td, template_, textarea, tfoot, th, thead, time,
  title, tr, track, tt, u, ul, var, video, wbr,
};
// clang-format on
inline constexpr std::size_t kHtmlTags = static_cast<std::size_t>(HtmlTag::wbr) + 1;

struct HtmlElement {
  enum Flag : std::uint8_t {
    kKept = 1,      // the sanitiser's allow-list
    kVoid = 2,      // has neither content nor end tag
    kBlock = 4,     // breaks the line, ends a paragraph
    kDropped = 8,   // vanishes with its content
    kRawText = 16,  // its content is no markup
  };

  std::string_view name;
  HtmlTag tag = HtmlTag::unknown;
  std::uint8_t flags = 0;

  bool has(Flag flag) const { return (flags & flag) != 0; }
};

/// The tag of a name as written, in any case.
HtmlTag find_html_tag(std::string_view name);

const HtmlElement& html_element(HtmlTag tag);

}  // namespace feedwire::feeds
