#include "cli/event_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/json_text.h"
#include "cli/terminal_text.h"
#include "storage/event_filter.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kTypeWidth = 18;  // "log.segment_opened"
constexpr std::size_t kFeedWidth = 20;

// Select Graphic Rendition (ECMA-48 8.3.117).
std::string_view colour_of(std::string_view type) {
  if (type.ends_with(".created") || type.ends_with(".added") || type.ends_with(".recovered") ||
      type.ends_with(".gap_closed"))
    return "\x1b[32m";
  if (type.ends_with(".updated") || type.ends_with(".changed")) return "\x1b[33m";
  if (type.ends_with(".deleted") || type.ends_with(".failing") || type.ends_with(".gap"))
    return "\x1b[31m";
  if (type.ends_with(".sighted")) return "\x1b[36m";
  return "\x1b[2m";
}
constexpr std::string_view kPlain = "\x1b[0m";

// "2026-11-21T21:15:01.250000Z" -> "21:15:01"; people tail what happens today.
std::string clock_part(const std::string& time) {
  return time.size() >= 19 ? time.substr(11, 8) : time;
}

std::string feed_label(const rapidjson::Value& event) {
  for (const std::string_view field : {"name", "title", "url"}) {
    std::string label = text_at(event, {"data", "feed", field});
    if (label.empty()) continue;
    const std::size_t scheme = label.find("://");
    return field == "url" && scheme != label.npos ? label.substr(scheme + 3) : label;
  }
  return "-";
}

// The title and link of an entry, wherever this type of event has them.
std::string entry_subject(const rapidjson::Value& event) {
  std::string title, url;
  for (const std::string_view part : {"after", "seen", "before"}) {
    if (title.empty()) title = text_at(event, {"data", part, "title"});
    if (url.empty()) url = text_at(event, {"data", part, "url"});
  }
  if (url.empty()) url = text_at(event, {"data", "key", "canonical_url"});
  std::string subject = title.empty() ? "(no title)" : title;
  const std::vector<std::string> changed = texts_at(event, {"data", "changed"});
  if (!changed.empty()) subject += fmt::format(" [{}]", fmt::join(changed, ", "));
  return url.empty() ? subject : subject + "  " + url;
}

std::string subject_of(const rapidjson::Value& event, std::string_view type) {
  if (type.starts_with("entry.")) return entry_subject(event);
  if (type.starts_with("feed.")) {
    const std::vector<std::string> changed = texts_at(event, {"data", "changed"});
    std::string subject = text_at(event, {"data", "feed", "url"});
    if (!changed.empty()) subject += fmt::format(" [{}]", fmt::join(changed, ", "));
    return subject;
  }
  if (type == "log.segment_closed")
    return fmt::format("{} events, next {}", text_at(event, {"data", "count"}),
                       text_at(event, {"data", "next"}));
  if (type == "log.gap")
    return fmt::format("{} to {} are gone", text_at(event, {"data", "from"}),
                       text_at(event, {"data", "to"}));
  return text_at(event, {"data", "file"});
}

// `text` in exactly `width` columns.
std::string column(std::string_view text, std::size_t width) {
  std::string cell = cut_to_width(text, width);
  cell.append(width - display_width(cell), ' ');
  return cell;
}

}  // namespace

std::string event_text(std::string_view line, std::size_t width, bool coloured) {
  const std::string_view type = storage::event_type(line);
  const rapidjson::Document event = parse_json(line);
  const std::string time = column(visible(clock_part(text_at(event, {"time"}))), 8);
  const std::string kind = column(visible(type), kTypeWidth);
  std::string rest =
      column(visible(feed_label(event)), kFeedWidth) + "  " + visible(subject_of(event, type));
  const std::size_t used = 8 + 2 + kTypeWidth + 2;
  if (width > used) rest = cut_to_width(rest, width - used);
  rest.resize(rest.find_last_not_of(' ') + 1);
  if (!coloured) return fmt::format("{}  {}  {}", time, kind, rest);
  return fmt::format("{}  {}{}{}  {}", time, colour_of(type), kind, kPlain, rest);
}

}  // namespace feedwire::cli
