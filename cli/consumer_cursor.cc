#include "cli/consumer_cursor.h"

#include <fmt/format.h>

#include <utility>

#include "base/json_writer.h"
#include "cli/json_text.h"
#include "cli/store_view.h"
#include "storage/store_json.h"

namespace feedwire::cli {

using storage::Sequence;

ConsumerCursor::ConsumerCursor(const config::Config& config, std::string name)
    : config_(config), name_(std::move(name)), daemon_(config.runtime_dir) {}

Result<std::optional<Sequence>> ConsumerCursor::acked() const {
  const Result<std::string> cursor = StoreView(config_).cursor(name_);
  if (!cursor && cursor.error().code == ErrorCode::not_found) return std::optional<Sequence>{};
  if (!cursor) return cursor.error();
  const Result<Sequence> acked = storage::parse_sequence(text_at(parse_json(*cursor), {"acked"}));
  if (!acked) return Error{ErrorCode::io, fmt::format("cursor {}: feedwired does not say", name_)};
  return std::optional<Sequence>(*acked);
}

Result<void> ConsumerCursor::put(Sequence sequence, bool force) const {
  std::string body;
  JsonWriter json(body);
  json.begin_object().field("acked", storage::format_sequence(sequence));
  if (force) json.key("force").boolean(true);
  json.end_object();
  const Result<std::string> done = daemon_.ask("PUT", "/v1/cursors/" + escape_url(name_), body);
  return done ? Result<void>() : Result<void>(done.error());
}

Result<void> ConsumerCursor::ack(Sequence sequence) {
  if (told_ && *told_ >= sequence) return {};
  const Result<void> done = put(sequence, false);
  if (done || done.error().code != ErrorCode::invalid_argument) {
    if (done) told_ = sequence;
    return done;
  }
  // Refused because it is beyond: an acknowledgement of a tail that was killed may come in late.
  const Result<std::optional<Sequence>> now = acked();
  if (!now || !*now || **now < sequence) return done;
  told_ = **now;
  return {};
}

Result<void> ConsumerCursor::move(Sequence sequence) { return put(sequence, true); }

}  // namespace feedwire::cli
