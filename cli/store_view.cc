#include "cli/store_view.h"

#include <fmt/format.h>

#include <memory>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "storage/find_feed.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

using storage::StoreReader;

// What to say when neither the daemon answers nor the store can be opened.
Error closed_store(Error error, const std::filesystem::path& state_dir) {
  if (error.code == ErrorCode::permission)
    return Error{ErrorCode::permission,
                 fmt::format("feedwired is not running, and you may not open its store in {}; be "
                             "root or the daemon's user, or start feedwired",
                             state_dir.native())};
  if (error.code == ErrorCode::not_found)
    return Error{ErrorCode::unavailable,
                 fmt::format("feedwired is not running, and there is no store in {} yet",
                             state_dir.native())};
  return std::move(error).in("feedwired is not running, and its store cannot be opened");
}

Result<std::unique_ptr<StoreReader>> open_store(const config::Config& config) {
  Result<std::unique_ptr<StoreReader>> store = StoreReader::open(config.state_dir);
  if (!store) return closed_store(std::move(store).error(), config.state_dir);
  return store;
}

// The daemon's answer, or while it is down that of `read`, which is given the store.
template <typename Read>
Result<std::string> ask_or_read(const config::Config& config, const std::string& path, Read read) {
  Result<std::string> answer = DaemonClient(config.runtime_dir).get(path);
  if (answer || answer.error().code != ErrorCode::unavailable) return answer;
  Result<std::unique_ptr<StoreReader>> store = open_store(config);
  if (!store) return std::move(store).error();
  std::string out;
  JsonWriter json(out);
  if (Result<void> done = read(**store, json); !done) return std::move(done).error();
  return out;
}

Result<void> write_entries(const StoreReader& store, JsonWriter& json, const EntryQuery& query) {
  storage::EntryFilter filter;
  filter.tag = query.tag;
  filter.since = query.since;
  filter.until = query.until;
  filter.limit = query.limit;
  if (!query.feed.empty()) {
    Result<storage::StoredFeed> found = storage::find_feed(store, query.feed);
    if (!found) return std::move(found).error();
    filter.feed = found->ref.key;
  }
  Result<std::vector<storage::StoredEntry>> entries = store.entries(filter);
  if (!entries) return std::move(entries).error();
  json.begin_object().key("entries").begin_array();
  for (const storage::StoredEntry& entry : *entries) storage::append_entry_json(json, entry);
  json.end_array().end_object();
  return {};
}

Result<void> write_status(const StoreReader& store, JsonWriter& json) {
  Result<std::vector<storage::StoredFeed>> feeds = store.feeds();
  if (!feeds) return std::move(feeds).error();
  std::int64_t failing = 0;
  for (const storage::StoredFeed& feed : *feeds) failing += feed.poll.failures > 0 ? 1 : 0;
  const storage::LogStatus log = store.log_status();
  json.begin_object()
      .field("state", "stopped")
      .field("feeds", static_cast<std::int64_t>(feeds->size()))
      .field("failing", failing);
  json.key("log")
      .begin_object()
      .field("source", log.source)
      .field("epoch", static_cast<std::int64_t>(log.epoch))
      .field("first_sequence", storage::format_sequence(log.first))
      .field("last_sequence", storage::format_sequence(log.last))
      .field_if("active_segment", log.active_segment.filename().native())
      .end_object()
      .end_object();
  return {};
}

}  // namespace

std::string_view bare_key(std::string_view id) {
  const bool prefixed = (id.size() == 2 + 16 && id.starts_with("f-")) ||
                        (id.size() == 2 + 32 && id.starts_with("e-"));
  return prefixed ? id.substr(2) : id;
}

Result<std::string> StoreView::feeds(storage::UrlText urls) const {
  return ask_or_read(config_,
                     urls == storage::UrlText::whole ? "/v1/feeds?urls=whole" : "/v1/feeds",
                     [urls](const StoreReader& store, JsonWriter& json) -> Result<void> {
                       Result<std::vector<storage::StoredFeed>> feeds = store.feeds();
                       if (!feeds) return std::move(feeds).error();
                       json.begin_object().key("feeds").begin_array();
                       for (const storage::StoredFeed& feed : *feeds)
                         storage::append_feed_json(json, feed, urls);
                       json.end_array().end_object();
                       return {};
                     });
}

Result<std::string> StoreView::feed(std::string_view id) const {
  return ask_or_read(config_, "/v1/feeds/" + escape_url(bare_key(id)),
                     [id](const StoreReader& store, JsonWriter& json) -> Result<void> {
                       Result<storage::StoredFeed> feed = storage::find_feed(store, id);
                       if (!feed) return std::move(feed).error();
                       storage::append_feed_json(json, *feed);
                       return {};
                     });
}

Result<std::string> StoreView::entries(const EntryQuery& query) const {
  std::string path = fmt::format("/v1/entries?limit={}", query.limit);
  if (!query.feed.empty()) path += "&feed=" + escape_url(bare_key(query.feed));
  if (!query.tag.empty()) path += "&tag=" + escape_url(query.tag);
  if (query.since) path += "&since=" + escape_url(format_time(*query.since));
  if (query.until) path += "&until=" + escape_url(format_time(*query.until));
  return ask_or_read(config_, path, [&](const StoreReader& store, JsonWriter& json) {
    return write_entries(store, json, query);
  });
}

Result<std::string> StoreView::entry(std::string_view key) const {
  return ask_or_read(config_, "/v1/entries/" + escape_url(key),
                     [key](const StoreReader& store, JsonWriter& json) -> Result<void> {
                       Result<Hash128> hash = Hash128::from_hex(key);
                       if (!hash) return std::move(hash).error();
                       Result<storage::StoredEntry> entry = store.entry(*hash);
                       if (!entry) return std::move(entry).error();
                       storage::append_entry_json(json, *entry);
                       return {};
                     });
}

Result<std::string> StoreView::explanation(std::string_view key) const {
  return ask_or_read(config_, "/v1/entries/" + escape_url(key) + "/explanation",
                     [key](const StoreReader& store, JsonWriter& json) -> Result<void> {
                       Result<Hash128> hash = Hash128::from_hex(key);
                       if (!hash) return std::move(hash).error();
                       Result<storage::EntryExplanation> found = store.explain(*hash);
                       if (!found) return std::move(found).error();
                       storage::append_explanation_json(json, *found);
                       return {};
                     });
}

Result<std::string> StoreView::cursors() const {
  return ask_or_read(config_, "/v1/cursors",
                     [](const StoreReader& store, JsonWriter& json) -> Result<void> {
                       const auto cursors = store.cursors();
                       if (!cursors) return cursors.error();
                       json.begin_object().key("cursors").begin_array();
                       for (const auto& [name, row] : *cursors)
                         storage::append_cursor_json(json, name, row);
                       json.end_array().end_object();
                       return {};
                     });
}

Result<std::string> StoreView::cursor(std::string_view name) const {
  return ask_or_read(
      config_, "/v1/cursors/" + escape_url(name),
      [name](const StoreReader& store, JsonWriter& json) -> Result<void> {
        const auto cursors = store.cursors();
        if (!cursors) return cursors.error();
        const auto found = cursors->find(std::string(name));
        if (found == cursors->end())
          return Error{ErrorCode::not_found, fmt::format("there is no cursor \"{}\"", name)};
        storage::append_cursor_json(json, found->first, found->second);
        return {};
      });
}

Result<std::string> StoreView::status() const {
  return ask_or_read(config_, "/v1/status", &write_status);
}

Result<void> StoreView::snapshot(const ByteSink& sink) const {
  Result<void> streamed = DaemonClient(config_.runtime_dir).stream("/v1/snapshot", sink);
  if (streamed || streamed.error().code != ErrorCode::unavailable) return streamed;
  const Result<std::unique_ptr<StoreReader>> store = open_store(config_);
  if (!store) return store.error();
  const Result<std::unique_ptr<storage::EntrySnapshot>> snapshot = (*store)->snapshot();
  if (!snapshot) return snapshot.error();
  for (;;) {
    std::string lines;
    const Result<bool> more = (*snapshot)->next(lines);
    if (!more) return more.error();
    if (!*more || !sink(lines)) return {};
  }
}

}  // namespace feedwire::cli
