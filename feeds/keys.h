// What an entry is known by: the keys of identity rules 4.2, hashed.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace feedwire::feeds {

/// The first 64 bits of SHA-256 of the URL as first subscribed; stays when the feed moves.
using FeedKey = std::uint64_t;
FeedKey feed_key(std::string_view subscribed_url);

/// The kinds of keys, each its own domain of hashes. Their order is stored: append only.
enum class KeyKind : std::uint8_t {
  guid,             // G   guid, trimmed, otherwise exact
  guid_alias,       // Ga  guid URL without scheme, "www.", default port, numeric fragment, tracking
  guid_path,        // Gp  as Ga without the host, if long enough to mean something
  link,             // L   canonical link
  loose_link,       // Ll  loose link
  enclosure,        // E   canonical URL of the first enclosure
  title_date,       // TD  normalised title + declared date
  title_content,    // TC  normalised title + first 512 characters of visible text
  guid_link,        // G+L for a feed whose guids repeat (I-4)
  guid_title_date,  // G+TD likewise, without a trusted link
  url,              // U   canonical link without scheme and "www."; belongs to no feed (I-12)
};
inline constexpr std::size_t kKeyKinds = 11;

/// A hash for each kind; all zero where the entry has no such key.
struct Keys {
  std::array<Hash128, kKeyKinds> hashes;

  const Hash128& operator[](KeyKind kind) const { return hashes[static_cast<std::size_t>(kind)]; }
  Hash128& operator[](KeyKind kind) { return hashes[static_cast<std::size_t>(kind)]; }
};

inline constexpr std::uint8_t kKeyScheme = 1;  // version of the rules below; part of every hash

/// SHA-256 over (scheme, kind, feed, value); U takes no feed.
Hash128 key_hash(KeyKind kind, FeedKey feed, std::string_view value);

}  // namespace feedwire::feeds
