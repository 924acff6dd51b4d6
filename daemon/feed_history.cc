#include "daemon/feed_history.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/api_body.h"
#include "daemon/recent_lines.h"
#include "storage/event.h"
#include "storage/event_filter.h"
#include "storage/poll_record.h"

namespace feedwire::daemon {
namespace {

constexpr std::string_view kEntryEvent = "entry.";
constexpr std::size_t kHourChars = 13;  // "2026-11-21T21"

/// The first text member of that name. The order of keys in the log's lines is fixed, and quotes
/// within a text are escaped, so it is the event's own.
std::string_view text_member(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == line.npos) return {};
  const std::string_view value = line.substr(at + key.size());
  return value.substr(0, value.find('"'));
}

std::string_view recorded(std::string_view line) {
  return text_member(line, R"("recordedtime":")");
}

using Counter = std::uint64_t HourOfChanges::*;

/// Null for what is not counted.
Counter counter(std::string_view verb, bool initial) {
  if (verb == "created") return initial ? &HourOfChanges::initial : &HourOfChanges::created;
  if (verb == "updated") return &HourOfChanges::updated;
  if (verb == "deleted") return &HourOfChanges::deleted;
  if (verb == "restored") return &HourOfChanges::restored;
  return verb == "sighted" ? &HourOfChanges::sighted : nullptr;
}

bool is_initial(std::string_view line) {
  // What follows is the publisher's, members of its own included.
  const std::size_t end = std::min(line.find(R"("before":)"), line.find(R"("after":)"));
  return line.substr(0, end).find(R"("initial":true)") != line.npos;
}

const rapidjson::Value* member(const rapidjson::Value* object, const char* name) {
  if (object == nullptr || !object->IsObject()) return nullptr;
  const auto found = object->FindMember(name);
  return found == object->MemberEnd() ? nullptr : &found->value;
}

std::string text(const rapidjson::Value* value) {
  return value != nullptr && value->IsString()
             ? std::string(value->GetString(), value->GetStringLength())
             : std::string();
}

/// Errors: malformed.
Result<EntryChange> read_change(std::string_view line) {
  const Result<rapidjson::Document> json = parse_body(std::string(line));
  if (!json) return json.error();
  EntryChange change;
  change.type = storage::event_type(line);
  change.sequence = text(member(&*json, "sequence"));
  change.time = text(member(&*json, "time"));
  const rapidjson::Value* const data = member(&*json, "data");
  const rapidjson::Value* const key = member(data, "key");
  change.entry_key = text(member(key, "entry_key"));
  for (const char* const shape : {"after", "seen", "before"}) {
    const rapidjson::Value* const item = member(data, shape);
    if (change.title.empty()) change.title = text(member(item, "title"));
    if (change.url.empty()) change.url = text(member(item, "url"));
  }
  if (change.url.empty()) change.url = text(member(key, "canonical_url"));
  if (const rapidjson::Value* const names = member(data, "changed"); names && names->IsArray())
    for (const rapidjson::Value& name : names->GetArray()) change.changed.push_back(text(&name));
  const rapidjson::Value* const initial = member(data, "initial");
  change.initial = initial != nullptr && initial->IsTrue();
  return change;
}

}  // namespace

Result<FeedRequests> last_requests(Fs& fs, const std::filesystem::path& ledger_dir,
                                   storage::FeedKey feed, std::size_t limit,
                                   const std::atomic<bool>& stopping) {
  FeedRequests requests;
  LineSearch search;
  search.dir = ledger_dir;
  search.prefix = "polls-";
  search.text = "\"feed_id\":\"" + storage::feed_id(feed) + '"';
  bool enough = false;
  search.found = [&](std::string_view line) {
    enough = requests.lines.size() == limit;
    if (enough) return false;
    const Result<storage::PollRecord> record = storage::parse_poll_record(line);
    if (record && record->feed == feed) requests.lines.emplace_back(line);
    return true;
  };
  const Result<bool> searched = search_back(fs, search, stopping);
  if (!searched) return searched.error();
  requests.all = *searched && !enough;
  return requests;
}

Result<FeedChangesOverTime> changes_over_time(Fs& fs, const std::filesystem::path& events_dir,
                                              storage::FeedKey feed, WallTime since,
                                              std::size_t limit,
                                              const std::atomic<bool>& stopping) {
  const std::string begin = format_time(since);
  FeedChangesOverTime changes;
  std::string earliest;
  bool past = false;
  LineSearch search;
  search.dir = events_dir;
  search.prefix = "events-";
  search.text = "\"feed\":{\"feed_id\":\"" + storage::feed_id(feed) + '"';
  search.found = [&](std::string_view line) {
    const std::string_view time = recorded(line);
    past = time < begin;
    if (past) return false;
    const std::string_view type = storage::event_type(line);
    if (!type.starts_with(kEntryEvent)) return true;
    const Counter count = counter(type.substr(kEntryEvent.size()), is_initial(line));
    if (count == nullptr) return true;
    ++(changes.hours[std::string(time.substr(0, kHourChars))].*count);
    if (changes.last.size() < limit)
      if (Result<EntryChange> change = read_change(line))
        changes.last.push_back(*std::move(change));
    return true;
  };
  search.reached = [&](std::string_view line) {
    earliest = recorded(line);
    past = earliest < begin;
    return !past;
  };
  const Result<bool> searched = search_back(fs, search, stopping);
  if (!searched) return searched.error();
  if (!past) changes.from = earliest;
  return changes;
}

}  // namespace feedwire::daemon
