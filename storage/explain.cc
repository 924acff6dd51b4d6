#include "storage/explain.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "feeds/entry_keys.h"
#include "storage/event_check.h"
#include "storage/identity.h"
#include "storage/identity_policy.h"
#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

using feeds::KeyKind;
using Key = EntryExplanation::Key;

// As the identity rules name them (4.2), in the order of KeyKind.
constexpr std::array<std::string_view, feeds::kKeyKinds> kKindNames = {
    "G", "Ga", "Gp", "L", "Ll", "E", "TD", "TC", "G+L", "G+TD", "U"};

std::string_view name_of(KeyKind kind) { return kKindNames[static_cast<std::size_t>(kind)]; }

/// One life: one entry.
class Explainer {
 public:
  Explainer(const Database& database, StoredEntry entry)
      : database_(database), moment_(database.snapshot()) {
    explained_.entry = std::move(entry);
  }

  Result<EntryExplanation> run() {
    const StoredEntry& entry = explained_.entry;
    guid_ = string_value(
        find_member(find_member(entry.item_json, "_feedwire").value_or("{}"), "guid").value_or(""));
    if (Result<void> read = read_link(); !read) return std::move(read).error();
    std::vector<FeedKey> feeds = entry.also_in;
    feeds.insert(feeds.begin(), entry.owner);
    for (const FeedKey feed : feeds)
      if (Result<void> added = add_carrier(feed); !added) return std::move(added).error();
    return std::move(explained_);
  }

 private:
  const Hash128& entry_key() const { return explained_.entry.key; }
  const Database::Snapshot* moment() const { return moment_->snapshot(); }

  // The canonical link is told by the event that holds the content.
  Result<void> read_link() {
    Result<std::optional<EntryRow>> row =
        read_row<EntryRow>(database_, Family::entries, entry_key().view(), moment());
    if (!row) return std::move(row).error();
    if (!*row) return {};
    Result<std::optional<std::string>> bytes =
        database_.get(Family::log, number_key((*row)->content), moment());
    if (!bytes) return std::move(bytes).error();
    LogRow content;
    if (!*bytes || !decode(**bytes, content)) return {};
    const std::string_view line = content.line.substr(0, content.line.size() - 1);
    const std::string_view data = find_member(line, "data").value_or("{}");
    const std::string_view key = find_member(data, "key").value_or("{}");
    explained_.canonical_url = string_value(find_member(key, "canonical_url").value_or(""));
    return {};
  }

  Result<void> add_carrier(FeedKey feed) {
    EntryExplanation::Carrier carrier;
    carrier.owner = feed == explained_.entry.owner;
    Result<std::optional<FeedRow>> row =
        read_row<FeedRow>(database_, Family::feeds, number_key(feed), moment());
    if (!row) return std::move(row).error();
    Result<std::optional<WindowRow>> window =
        read_row<WindowRow>(database_, Family::window, number_key(feed), moment());
    if (!window) return std::move(window).error();
    carrier.feed.key = feed;
    if (*row) describe(**row, carrier);
    const WindowItem* const item = *window ? item_in(**window) : nullptr;
    Result<void> added = add_guid(feed, item, carrier);
    if (added && item != nullptr) added = add_window(*item, carrier);
    if (added) added = add_story(carrier);
    explained_.carriers.push_back(std::move(carrier));
    return added;
  }

  void describe(const FeedRow& row, EntryExplanation::Carrier& carrier) const {
    carrier.feed = row.ref;
    carrier.subscribed = row.subscribed;
    carrier.flapping = row.flapping;
    carrier.policy = primary_kind_name(row.primary);
    if (row.ref.identity) carrier.configured_policy = primary_kind_name(*row.ref.identity);
    carrier.guid_repeats =
        !guid_.empty() && guid_repeats(row, feeds::key_hash(KeyKind::guid, row.ref.key, guid_));
  }

  const WindowItem* item_in(const WindowRow& window) const {
    const auto item =
        std::find_if(window.items.begin(), window.items.end(),
                     [&](const WindowItem& each) { return each.entry == entry_key(); });
    return item == window.items.end() ? nullptr : &*item;
  }

  // Only the owner's guid is stored, in the item; `item`, of the window, may have a print.
  Result<void> add_guid(FeedKey feed, const WindowItem* item, EntryExplanation::Carrier& carrier) {
    const std::uint64_t print = item == nullptr ? 0 : item->prints[kGuidPrint];
    if (!guid_.empty() && carrier.owner) {
      const Hash128 guid = feeds::key_hash(KeyKind::guid, feed, guid_);
      if (print == 0 || print == guid.prefix())
        return add(KeyKind::guid, guid.view(), guid_, print != 0, carrier);
    }
    if (print == 0) return {};
    return add(KeyKind::guid, number_key(print), "", true, carrier);
  }

  // A window keeps the first eight bytes of each key.
  Result<void> add_window(const WindowItem& item, EntryExplanation::Carrier& carrier) {
    carrier.documents_ago = item.age;
    for (std::size_t i = 0; i < kGuidPrint; ++i) {
      if (item.prints[i] == 0) continue;
      const bool is_link = kWindowKinds[i] == KeyKind::link;
      Result<void> added =
          add(kWindowKinds[i], number_key(item.prints[i]),
              is_link && carrier.owner ? explained_.canonical_url : std::string(), true, carrier);
      if (!added) return added;
    }
    return {};
  }

  Result<void> add_story(EntryExplanation::Carrier& carrier) {
    if (explained_.canonical_url.empty()) return {};
    return add(KeyKind::url, feeds::story_key(explained_.canonical_url).view(),
               explained_.canonical_url, false, carrier);
  }

  // Adds the key that begins with these bytes, if it leads to the entry.
  Result<void> add(KeyKind kind, std::string_view begin, std::string value, bool in_window,
                   EntryExplanation::Carrier& carrier) {
    Key key{name_of(kind), std::move(value), Key::Lasts::window};
    if (entry_key().view().starts_with(begin)) {
      key.lasts = Key::Lasts::entry_key;
      // One that belongs to no feed says more than the link of one.
      if (explained_.key_kind.empty() || kind == KeyKind::url) explained_.key_kind = key.kind;
    } else {
      Result<bool> leads = leads_here(begin);
      if (!leads) return std::move(leads).error();
      if (*leads) key.lasts = Key::Lasts::key;
      if (!*leads && !in_window) return {};
    }
    carrier.keys.push_back(std::move(key));
    return {};
  }

  // Whether a row of `keys` that begins so stands for the entry.
  Result<bool> leads_here(std::string_view begin) const {
    bool found = false;
    Result<void> read = database_.scan(
        Family::keys, begin, {}, Database::Order::ascending,
        [&](std::string_view key, std::string_view value) {
          KeyRow row;
          if (!key.starts_with(begin)) return false;
          found = decode(value, row) && row.entry == entry_key().prefix();
          return !found;
        },
        moment());
    if (!read) return std::move(read).error();
    return found;
  }

  const Database& database_;
  const std::unique_ptr<rocksdb::ManagedSnapshot> moment_;
  std::string guid_;
  EntryExplanation explained_;
};

}  // namespace

Result<EntryExplanation> explain_entry(const Database& database, StoredEntry entry) {
  return Explainer(database, std::move(entry)).run();
}

}  // namespace feedwire::storage
