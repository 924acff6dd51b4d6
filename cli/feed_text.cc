#include "cli/feed_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <string_view>

#include "cli/json_text.h"

namespace feedwire::cli {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

// "4500" -> "1h 15m"
std::string span_text(const std::string& seconds) {
  std::uint64_t left = 0;
  const char* const end = seconds.data() + seconds.size();
  if (seconds.empty() || std::from_chars(seconds.data(), end, left).ptr != end) return seconds;
  constexpr std::array<std::pair<std::uint64_t, char>, 4> kUnits = {
      {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  std::string text;
  for (const auto& [size, letter] : kUnits) {
    if (left / size > 0)
      text += fmt::format("{}{}{}", text.empty() ? "" : " ", left / size, letter);
    left %= size;
  }
  return text.empty() ? "0s" : text;
}

std::string failing_text(const rapidjson::Value& feed) {
  return fmt::format("{} in a row, since {}", text_at(feed, {"failures"}),
                     clock_text(text_at(feed, {"failing_since"})));
}

// The bounds, the longest of which decides where nothing else does: "floor 1h; ttl 30m".
std::string bounds_text(const rapidjson::Value& feed) {
  std::vector<std::string> bounds;
  for (const rapidjson::Value* bound : elements_at(feed, {"bounds"}))
    bounds.push_back(
        fmt::format("{} {}", text_at(*bound, {"rule"}), span_text(text_at(*bound, {"seconds"}))));
  return fmt::format("{}", fmt::join(bounds, "; "));
}

// "0, 1, 23", or by name.
std::string numbers_text(const rapidjson::Value& feed, std::string_view member,
                         const std::vector<std::string_view>& names) {
  std::vector<std::string> texts;
  for (const rapidjson::Value* number : elements_at(feed, {member})) {
    if (!number->IsUint()) continue;
    const unsigned i = number->GetUint();
    texts.push_back(i < names.size() ? std::string(names[i]) : std::to_string(i));
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

void add_schedule(Lines& lines, const rapidjson::Value& feed) {
  const auto add = [&lines](std::string name, std::string value) {
    if (!value.empty()) lines.emplace_back(std::move(name), std::move(value));
  };
  const std::string next = text_at(feed, {"next_poll"});
  const std::string rule = text_at(feed, {"next_poll_rule"});
  if (!next.empty())
    add("next poll", fmt::format("{}, by {}", clock_text(next), rule));
  else if (rule != "none")
    add("next poll", fmt::format("never, by {}", rule));
  const std::string interval = text_at(feed, {"interval"});
  if (!interval.empty()) add("interval", span_text(interval));
  const std::string own = text_at(feed, {"own_interval"});
  if (!own.empty()) add("own interval", span_text(own));
  add("expected a day", text_at(feed, {"expected_per_day"}));
  add("not before", bounds_text(feed));
  add("excluded hours", numbers_text(feed, "skip_hours", {}));
  add("excluded days",
      numbers_text(feed, "skip_days",
                   {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}));
}

// "https://hub.example/, active until 2026-11-30 10:00:00"
std::string hub_text(const rapidjson::Value& feed) {
  const std::string url = text_at(feed, {"hub", "url"});
  if (url.empty()) return url;
  const std::string until = text_at(feed, {"hub", "lease_until"});
  std::string text = fmt::format("{}, {}", url, text_at(feed, {"hub", "state"}));
  if (!until.empty()) text += " until " + clock_text(until);
  return text;
}

void add_hub(Lines& lines, const rapidjson::Value& feed) {
  const std::string hub = hub_text(feed);
  if (hub.empty()) return;
  lines.emplace_back("hub", hub);
  lines.emplace_back("topic", text_at(feed, {"hub", "topic"}));
  lines.emplace_back("hub is asked", clock_text(text_at(feed, {"hub", "next_ask"})));
  lines.emplace_back("pushes", fmt::format("{}, the last {}; {} with a wrong signature",
                                           text_at(feed, {"hub", "pushes"}),
                                           clock_text(text_at(feed, {"hub", "last_push"})),
                                           text_at(feed, {"hub", "bad_pushes"})));
  lines.emplace_back("pushes missed",
                     fmt::format("{} of the last {} entries", text_at(feed, {"hub", "missed"}),
                                 text_at(feed, {"hub", "judged"})));
}

// "under-way, 2 pages with 31 entries so far"
std::string backfill_text(const rapidjson::Value& feed) {
  const std::string state = text_at(feed, {"backfill", "state"});
  const std::string what =
      fmt::format("{} pages with {} entries", text_at(feed, {"backfill", "pages"}),
                  text_at(feed, {"backfill", "entries"}));
  if (state == "closed") return fmt::format("closed by {}", what);
  if (state == "under-way") return fmt::format("being closed, {} so far", what);
  return fmt::format("open ({}), {}", state, what);
}

void add_backfill(Lines& lines, const rapidjson::Value& feed) {
  if (value_at(feed, {"backfill"}) == nullptr) return;
  lines.emplace_back(
      "gap", fmt::format("{} to {}, {}", clock_text(text_at(feed, {"backfill", "from"})),
                         clock_text(text_at(feed, {"backfill", "to"})), backfill_text(feed)));
  if (text_at(feed, {"backfill", "state"}) != "under-way") return;
  lines.emplace_back("older page", text_at(feed, {"backfill", "page"}));
  const std::string next = text_at(feed, {"backfill", "next_ask"});
  if (!next.empty())
    lines.emplace_back("it is asked", fmt::format("{}, after {} failures", clock_text(next),
                                                  text_at(feed, {"backfill", "failures"})));
}

}  // namespace

std::string clock_text(const std::string& time) {
  return time.size() < 19 ? "-" : time.substr(0, 10) + " " + time.substr(11, 8);
}

std::string state_text(const rapidjson::Value& feed) {
  const std::string error = text_at(feed, {"last_error"});
  const std::string state = text_at(feed, {"state"});
  return error.empty() ? state : state + ": " + error;
}

Lines feed_text(const rapidjson::Value& feed) {
  Lines lines;
  const auto add = [&lines](std::string name, std::string value) {
    if (!value.empty()) lines.emplace_back(std::move(name), std::move(value));
  };
  add("feed", text_at(feed, {"feed_id"}));
  for (const char* member : {"url", "name", "title"}) add(member, text_at(feed, {member}));
  add("polled at", text_at(feed, {"moved_to"}));
  add("tags", fmt::format("{}", fmt::join(texts_at(feed, {"tags"}), ", ")));
  add("named by", text_at(feed, {"origin"}));
  add("state", state_text(feed));
  const std::string failures = text_at(feed, {"failures"});
  if (!failures.empty() && failures != "0") add("failures", failing_text(feed));
  const std::string gone = text_at(feed, {"gone_since"});
  if (!gone.empty()) add("gone", "since " + clock_text(gone) + ", by its server");
  const std::string last = text_at(feed, {"last_poll"});
  if (!last.empty())
    add("last poll",
        fmt::format(
            "{}, status {}", clock_text(last),
            value_at(feed, {"last_status"}) == nullptr ? "none" : text_at(feed, {"last_status"})));
  const std::string success = text_at(feed, {"last_success"});
  if (!success.empty()) add("last success", clock_text(success));
  add("polls", text_at(feed, {"polls"}));
  add("entries", text_at(feed, {"window_entries"}));
  add_schedule(lines, feed);
  for (const rapidjson::Value* problem : elements_at(feed, {"problems"}))
    add("problem", text_at(*problem, {"message"}));
  add_hub(lines, feed);
  add_backfill(lines, feed);
  return lines;
}

}  // namespace feedwire::cli
