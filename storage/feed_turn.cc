#include "storage/feed_turn.h"

#include "base/json_writer.h"
#include "base/redact.h"

namespace feedwire::storage {

std::string_view turn_verb(FeedTurn::Kind kind) {
  switch (kind) {
    case FeedTurn::Kind::failing:
      return "failing";
    case FeedTurn::Kind::recovered:
      return "recovered";
    case FeedTurn::Kind::gone:
      return "gone";
    case FeedTurn::Kind::moved:
      return "moved";
    case FeedTurn::Kind::patience:
      return "warning";
  }
  return {};
}

std::string turn_members(const FeedTurn& turn) {
  std::string object;
  JsonWriter json(object);
  json.begin_object();
  if (turn.kind == FeedTurn::Kind::patience)
    json.field("code", "retry-after").field("seconds", turn.wait.count());
  if (turn.since != WallTime{}) json.field("since", format_time(turn.since));
  if (turn.failures > 0) json.field("failures", static_cast<std::int64_t>(turn.failures));
  json.field_if("error", redact_urls(turn.error))
      .field_if("from", redact_urls(turn.from))
      .field_if("to", redact_urls(turn.to))
      .field_if("cause", turn.cause)
      .end_object();
  return object.substr(1, object.size() - 2);
}

}  // namespace feedwire::storage
