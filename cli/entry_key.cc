#include "cli/entry_key.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "cli/json_text.h"
#include "feeds/entry_keys.h"
#include "feeds/url.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kMostEntries = 1000;  // in one answer of the daemon

}  // namespace

Result<std::string> find_entry_key(const StoreView& store, const config::Config& config,
                                   const std::string& id) {
  const std::string key(bare_key(id));
  if (Hash128::from_hex(key)) return key;
  const config::Config::Identity& identity = config.identity;
  const feeds::UrlRules rules{identity.strip_params,
                              {identity.host_aliases.begin(), identity.host_aliases.end()}};
  const std::string canonical = feeds::canonical_url(id, false, rules);
  if (!canonical.empty()) {
    const std::string story = feeds::story_key(canonical).hex();
    const Result<std::string> found = store.entry(story);
    if (found) return story;
    if (found.error().code != ErrorCode::not_found) return found.error();
  }
  EntryQuery query;
  query.limit = kMostEntries;
  const Result<std::string> entries = store.entries(query);
  if (!entries) return entries.error();
  const rapidjson::Document document = parse_json(*entries);
  for (const rapidjson::Value* entry : elements_at(document, {"entries"}))
    if (text_at(*entry, {"item", "url"}) == id) return text_at(*entry, {"entry_key"});
  return Error{
      ErrorCode::not_found,
      fmt::format("{}: no entry goes by this link, nor has one of the {} that changed last "
                  "this URL; use the key (partitionkey of its events)",
                  id, kMostEntries)};
}

}  // namespace feedwire::cli
