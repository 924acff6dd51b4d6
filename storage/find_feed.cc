#include "storage/find_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/redact.h"

namespace feedwire::storage {

Result<StoredFeed> find_feed(const StoreReader& store, std::string_view id) {
  if (const Result<std::uint64_t> key = parse_hex64(id.starts_with("f-") ? id.substr(2) : id)) {
    Result<StoredFeed> feed = store.feed(*key);
    if (feed || feed.error().code != ErrorCode::not_found) return feed;
  }
  Result<std::vector<StoredFeed>> feeds = store.feeds();
  if (!feeds) return std::move(feeds).error();
  const auto find_by = [&](auto matches) {
    return std::find_if(feeds->begin(), feeds->end(), matches);
  };
  auto found = find_by([&](const StoredFeed& feed) { return !id.empty() && feed.ref.name == id; });
  if (found == feeds->end())
    found = find_by([&](const StoredFeed& feed) { return feed.ref.url == id; });
  if (found == feeds->end())
    return Error{
        ErrorCode::not_found,
        fmt::format("no feed has the key, name or URL \"{}\"{}", redact_urls(id),
                    id.find(kRedacted) == id.npos ? "" : ": give the key, or the whole URL")};
  return std::move(*found);
}

}  // namespace feedwire::storage
