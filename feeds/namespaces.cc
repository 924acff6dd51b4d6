#include "feeds/namespaces.h"

#include <algorithm>
#include <array>
#include <string>

#include "feeds/ascii.h"

namespace feedwire::feeds {
namespace {

struct Name {
  std::string_view text;
  Namespace ns;
};

// As normalize() leaves them.
constexpr Name kUris[] = {
    {"w3.org/2005/atom", Namespace::atom},
    {"w3c.org/2005/atom", Namespace::atom},
    {"purl.org/atom/ns", Namespace::atom},
    {"purl.org/atom", Namespace::atom},
    {"purl.org/rss/1.0", Namespace::rss},
    {"purl.org/net/rss1.1", Namespace::rss},
    {"my.netscape.com/rdf/simple/0.9", Namespace::rss},
    {"my.netscape.com/publish/formats/rss-0.91", Namespace::rss},
    {"channel.netscape.com/rdf/simple/0.9", Namespace::rss},
    {"backend.userland.com/rss", Namespace::rss},
    {"backend.userland.com/rss091", Namespace::rss},
    {"backend.userland.com/rss2", Namespace::rss},
    {"blogs.law.harvard.edu/tech/rss", Namespace::rss},
    {"cyber.law.harvard.edu/rss", Namespace::rss},
    {"purl.org/rss/2.0", Namespace::rss},
    {"w3.org/1999/02/22-rdf-syntax-ns", Namespace::rdf},
    {"purl.org/dc/elements/1.1", Namespace::dc},
    {"purl.org/dc/elements/1.0", Namespace::dc},
    {"purl.org/dc", Namespace::dc},
    {"purl.org/dc/terms", Namespace::dcterms},
    {"purl.org/rss/1.0/modules/dcterms", Namespace::dcterms},
    {"purl.org/rss/1.0/modules/content", Namespace::content},
    {"purl.org/rss/1.0/modules/slash", Namespace::slash},
    {"purl.org/rss/1.0/modules/syndication", Namespace::sy},
    {"search.yahoo.com/mrss", Namespace::media},
    {"search.yahoo.com/rss", Namespace::media},
    {"search.yahoo.com/mrss/rss", Namespace::media},
    {"tools.search.yahoo.com/mrss", Namespace::media},
    {"video.search.yahoo.com/mrss", Namespace::media},
    {"rssboard.org/media-rss", Namespace::media},
    {"itunes.com/dtds/podcast-1.0.dtd", Namespace::itunes},
    {"itunes.com/dtds/podcast-1.0", Namespace::itunes},
    {"itunes.apple.com/dtds/podcast-1.0.dtd", Namespace::itunes},
    {"example.com/dtds/podcast-1.0.dtd", Namespace::itunes},
    {"podcastindex.org/namespace/1.0", Namespace::podcast},
    {"github.com/podcastindex-org/podcast-namespace/blob/main/docs/1.0.md", Namespace::podcast},
    {"google.com/schemas/play-podcasts/1.0", Namespace::googleplay},
    {"georss.org/georss", Namespace::georss},
    {"georss.org/georss/10", Namespace::georss},
    {"opengis.net/gml", Namespace::gml},
    {"opengis.net/gml/3.2", Namespace::gml},
    {"w3.org/2003/01/geo/wgs84_pos", Namespace::geo},
    {"wellformedweb.org/commentapi", Namespace::wfw},
    {"purl.org/syndication/thread/1.0", Namespace::thr},
    {"rssnamespace.org/feedburner/ext/1.0", Namespace::feedburner},
    {"backend.userland.com/creativecommonsrssmodule", Namespace::license},
    {"cyber.law.harvard.edu/rss/creativecommonsrssmodule.html", Namespace::license},
    {"web.resource.org/cc", Namespace::license},
    {"creativecommons.org/ns", Namespace::license},
    {"purl.org/syndication/history/1.0", Namespace::history},
    {"purl.org/atompub/tombstones/1.0", Namespace::tombstone},
    {"podlove.org/simple-chapters", Namespace::psc},
    {"w3.org/1999/xhtml", Namespace::xhtml},
    {"w3.org/tr/xhtml1/strict", Namespace::xhtml},
    {"webns.net/mvcb", Namespace::admin},
};

constexpr Name kPrefixes[] = {
    {"rss", Namespace::rss},
    {"atom", Namespace::atom},
    {"rdf", Namespace::rdf},
    {"dc", Namespace::dc},
    {"dcterms", Namespace::dcterms},
    {"content", Namespace::content},
    {"media", Namespace::media},
    {"itunes", Namespace::itunes},
    {"podcast", Namespace::podcast},
    {"googleplay", Namespace::googleplay},
    {"georss", Namespace::georss},
    {"gml", Namespace::gml},
    {"geo", Namespace::geo},
    {"slash", Namespace::slash},
    {"wfw", Namespace::wfw},
    {"thr", Namespace::thr},
    {"sy", Namespace::sy},
    {"feedburner", Namespace::feedburner},
    {"creativecommons", Namespace::license},
    {"cc", Namespace::license},
    {"fh", Namespace::history},
    {"at", Namespace::tombstone},
    {"psc", Namespace::psc},
    {"xhtml", Namespace::xhtml},
    {"admin", Namespace::admin},
};

template <std::size_t kSize>
Namespace find(const Name (&names)[kSize], std::string_view text) {
  const auto* const found = std::find_if(std::begin(names), std::end(names), [&](const Name& name) {
    return iequals_ascii(text, name.text);
  });
  return found == std::end(names) ? Namespace::other : found->ns;
}

std::string_view normalize(std::string_view uri) {
  uri = trim(uri);
  for (const std::string_view start : {"http://", "https://", "www."})
    if (istarts_with_ascii(uri, start)) uri.remove_prefix(start.size());
  while (uri.ends_with('/') || uri.ends_with('#')) uri.remove_suffix(1);
  return uri;
}

}  // namespace

Namespace namespace_of_uri(std::string_view uri) {
  uri = normalize(uri);
  return uri.empty() ? Namespace::none : find(kUris, uri);
}

Namespace namespace_of_prefix(std::string_view prefix) { return find(kPrefixes, prefix); }

}  // namespace feedwire::feeds
