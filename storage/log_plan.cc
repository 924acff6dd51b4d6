#include "storage/log_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedwire::storage {

LogPlan::LogPlan(const EventLog& log, WallTime recorded)
    : log_(log),
      first_(log.end().next),
      recorded_(recorded),
      recorded_text_(format_time(recorded)),
      end_(log.end()) {
  if (end_.segment == 0) {
    begin_segment({});
    own_rows_ = rows_.size();
    add_own("start", "log.epoch_started", epoch_started_data(log_.epoch()));
  } else if (log_.rotation_due(recorded)) {
    const std::string closed_file = end_.row.name.text();
    close_segment();
    begin_segment(closed_file);
    own_rows_ = rows_.size();
  }
}

void LogPlan::close_segment() {
  const SegmentName next{log_.epoch(), end_.next + 1};
  sealed_ = end_.row;
  sealed_->sealed = true;
  sealed_->hashed = end_.offset;
  sealed_->sha256 = log_.hash();
  add_own("close", "log.segment_closed",
          segment_closed_data(end_.segment, end_.next - end_.row.name.first, sealed_->sha256,
                              next.text()));
  sealed_->end = end_.offset;
}

void LogPlan::begin_segment(const std::string& previous_file) {
  ++end_.segment;
  end_.offset = 0;
  end_.row = SegmentRow{};
  end_.row.name = {log_.epoch(), end_.next};
  end_.row.opened = recorded_;
  add_own("open", "log.segment_opened",
          segment_opened_data(end_.segment, end_.row.name, previous_file));
}

Sequence LogPlan::add_own(std::string_view verb, std::string_view type, std::string_view data) {
  NewEvent event;
  event.id = verb == "start" ? fmt::format("s-{}-start", log_.epoch())
                             : fmt::format("s-{}-{}-{}", log_.epoch(), end_.row.name.first, verb);
  event.type = type;
  event.time = recorded_text_;
  event.data = data;
  return add(event);
}

Envelope LogPlan::envelope(const NewEvent& event) const {
  Envelope envelope;
  envelope.source = log_.source();
  envelope.id = event.id;
  envelope.type = event.type;
  envelope.sequence = end_.next;
  envelope.subject = event.subject;
  envelope.partition_key = event.partition_key;
  envelope.time = event.time;
  envelope.recorded = recorded_text_;
  return envelope;
}

std::size_t LogPlan::longest_data(const NewEvent& event, std::uint64_t max_line_bytes) const {
  const std::size_t around = render_line(envelope(event), {}).size();
  return max_line_bytes > around ? static_cast<std::size_t>(max_line_bytes) - around : 0;
}

Sequence LogPlan::add(const NewEvent& event) {
  Row row;
  row.segment = end_.segment;
  row.offset = end_.offset;
  row.entry = event.entry;
  row.feed = event.feed;
  row.line = render_line(envelope(event), event.data);
  // Behind `data` come "}" and the LF.
  row.after_at =
      event.after_size == 0 ? 0 : row.line.size() - 2 - event.data.size() + event.after_at;
  row.after_size = event.after_size;
  row.whole = event.whole;
  end_.offset += row.line.size();
  rows_.push_back(std::move(row));
  return end_.next++;
}

std::optional<LogRow> LogPlan::row(Sequence sequence) const {
  if (sequence < first_ || sequence >= end_.next) return std::nullopt;
  const Row& row = rows_[sequence - first_];
  LogRow view;
  view.segment = row.segment;
  view.offset = row.offset;
  view.entry = row.entry;
  view.feed = row.feed;
  view.after_at = static_cast<std::uint32_t>(row.after_at);
  view.after_size = static_cast<std::uint32_t>(row.after_size);
  view.line = row.line;
  view.whole = row.whole;
  return view;
}

void LogPlan::put(Batch& batch, Outbox& outbox) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    batch.put(Family::log, number_key(first_ + i), encode(*row(first_ + i)));
    outbox.add(rows_[i].line.size(), static_cast<bool>(rows_[i].entry));
  }
  if (sealed_) batch.put(Family::segments, number_key(end_.segment - 1), encode(*sealed_));
  if (own_rows_ != 0) batch.put(Family::segments, number_key(end_.segment), encode(end_.row));
}

Result<void> LogPlan::apply(EventLog& log, MonoTime now) const {
  if (own_rows_ != 0) {
    const std::string_view closing = sealed_ ? std::string_view(rows_.front().line) : "";
    Result<void> rotated = log.rotate(closing, end_.row, rows_[own_rows_ - 1].line);
    if (!rotated) return rotated;
  }
  std::string lines;
  lines.reserve(static_cast<std::size_t>(end_.offset - log.end().offset));
  for (std::size_t i = own_rows_; i < rows_.size(); ++i) lines += rows_[i].line;
  return log.append(lines, rows_.size() - own_rows_, now);
}

}  // namespace feedwire::storage
