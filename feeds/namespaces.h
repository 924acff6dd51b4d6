// The XML namespaces that feeds use. They count by URI, never by prefix (parsed-feed P-13).

#pragma once

#include <cstdint>
#include <string_view>

namespace feedwire::feeds {

enum class Namespace : std::uint8_t {
  none,  // a name without a namespace
  other,
  rss,  // RSS of all versions, RSS 1.0's and the userland ones included
  atom,
  rdf,
  dc,
  dcterms,
  content,
  media,
  itunes,
  podcast,
  googleplay,
  georss,
  gml,
  geo,  // W3C wgs84_pos
  slash,
  wfw,
  thr,  // RFC 4685
  sy,
  feedburner,
  license,    // creativeCommons, cc
  history,    // RFC 5005
  tombstone,  // RFC 6721
  psc,
  xhtml,
  admin,
};

/// The namespace of a URI: case, scheme, "www." and a trailing "/" or "#" make no difference, and
/// known wrong spellings count. `other` if unknown.
Namespace namespace_of_uri(std::string_view uri);

/// What a prefix that nobody declared means by custom; `other` if unknown.
Namespace namespace_of_prefix(std::string_view prefix);

}  // namespace feedwire::feeds
