#include "feeds/keys.h"

#include "base/bytes.h"

namespace feedwire::feeds {

FeedKey feed_key(std::string_view subscribed_url) { return sha256_64(subscribed_url); }

Hash128 key_hash(KeyKind kind, FeedKey feed, std::string_view value) {
  std::string domain;
  put_u8(domain, kKeyScheme);
  put_u8(domain, static_cast<std::uint8_t>(kind));
  if (kind != KeyKind::url) put_u64(domain, feed);
  return sha256_128({domain, value});
}

}  // namespace feedwire::feeds
