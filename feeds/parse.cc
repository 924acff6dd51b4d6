#include "feeds/parse.h"

#include <fmt/format.h>

#include "feeds/ascii.h"
#include "feeds/atom.h"
#include "feeds/draft.h"
#include "feeds/encoding.h"
#include "feeds/json_feed_reader.h"
#include "feeds/naive_zone.h"
#include "feeds/rss.h"
#include "feeds/sniff.h"
#include "feeds/url.h"
#include "feeds/xml_document.h"

namespace feedwire::feeds {
namespace {

Error not_a_feed(std::string_view what) {
  return {ErrorCode::malformed, fmt::format("not a feed: {}", what)};
}

std::string_view local_name(std::string_view name) { return name.substr(name.find(':') + 1); }

// Returns false where `root` is no feed's.
bool read_root(ReadContext& context, pugi::xml_node root, std::string_view base) {
  const std::string_view name = local_name(root.name());
  return (is_rss_root(name) && read_rss(context, root, base)) ||
         (is_atom_root(name) && read_atom(context, root, base));
}

Result<void> read_xml(ReadContext& context, std::string_view text, std::string_view base) {
  // pugixml passes over text in front of the root, so that line numbers stay right.
  if (!trim(text).starts_with('<')) context.problem("leading-junk", "text before the XML");
  XmlDocument document;
  if (Result<void> parsed = document.parse(text); !parsed) return std::move(parsed).error();
  for (const Problem& problem : document.problems()) context.feed.problems.push_back(problem);
  context.xml = &document;
  const pugi::xml_node root = document.root();
  // Error messages of the publisher's software may stand in front of the feed, as elements.
  bool read = false;
  for (pugi::xml_node node = root; node && !read; node = node.next_sibling())
    read = read_root(context, node, base);
  context.xml = nullptr;
  if (read) return {};
  const std::string_view name = root.name();
  return not_a_feed(local_name(name) == "html" ? std::string(describe(BodyKind::html))
                                               : fmt::format("another XML document <{}>", name));
}

}  // namespace

Result<ParsedFeed> parse_document(std::string_view bytes, const Source& source) {
  DecodedText decoded;
  decode(bytes, source.content_type, decoded);
  ParsedFeed feed;
  feed.encoding = std::move(decoded.encoding);
  feed.problems = std::move(decoded.problems);
  const std::string host = url_host(source.url);
  ReadContext context{feed};
  context.zone = naive_zone(source.time_zone, host);

  Result<void> read;
  switch (const BodyKind kind = sniff(decoded.text); kind) {
    case BodyKind::xml:
      read = read_xml(context, decoded.text, source.url);
      break;
    case BodyKind::json:
      read = read_json_feed(context, decoded.text, source.url);
      break;
    default:
      return not_a_feed(describe(kind));
  }
  if (!read) return std::move(read).error();
  return feed;
}

}  // namespace feedwire::feeds
