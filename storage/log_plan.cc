#include "storage/log_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedwire::storage {

LogPlan::LogPlan(const EventLog& log, WallTime recorded, Rotation rotation)
    : log_(log), recorded_(recorded) {
  if (end_.segment == 0) {
    begin_segment({});
    own_rows_ = rows_.size();
    add_own("start", "log.epoch_started", epoch_started_data(identity_.epoch));
  } else if (rotation != Rotation::if_due || log_.rotation_due(recorded)) {
    const std::string closed_file = end_.row.name.text();
    if (rotation == Rotation::abandon)
      abandon_segment();
    else
      close_segment(identity_.epoch);
    begin_segment(closed_file);
    own_rows_ = rows_.size();
  }
}

LogPlan::LogPlan(const EventLog& log, WallTime recorded, LogIdentity next)
    : log_(log), recorded_(recorded) {
  const std::string closed_file = end_.row.name.text();
  close_segment(next.epoch);
  identity_ = std::move(next);
  begin_segment(closed_file);
  own_rows_ = rows_.size();
  add_own("start", "log.epoch_started", epoch_started_data(identity_.epoch));
}

void LogPlan::close_segment(std::uint32_t next_epoch) {
  const SegmentName next{next_epoch, end_.next + 1};
  sealed_ = end_.row;
  sealed_->sealed = true;
  sealed_->hashed = end_.offset;
  sealed_->sha256 = log_.hash();
  add_own("close", "log.segment_closed",
          segment_closed_data(end_.segment, end_.next - end_.row.name.first, sealed_->sha256,
                              next.text()));
  sealed_->end = end_.offset;
}

void LogPlan::abandon_segment() {
  sealed_ = end_.row;
  sealed_->sealed = sealed_->lost = true;
  sealed_->end = end_.offset;
}

void LogPlan::begin_segment(const std::string& previous_file) {
  ++end_.segment;
  end_.offset = 0;
  end_.row = SegmentRow{};
  end_.row.name = {identity_.epoch, end_.next};
  end_.row.opened = recorded_;
  add_own("open", "log.segment_opened",
          segment_opened_data(end_.segment, end_.row.name, previous_file));
}

Sequence LogPlan::add_own(std::string_view verb, std::string_view type, std::string_view data) {
  NewEvent event;
  event.id = verb == "start"
                 ? fmt::format("s-{}-start", identity_.epoch)
                 : fmt::format("s-{}-{}-{}", identity_.epoch, end_.row.name.first, verb);
  event.type = type;
  event.time = recorded_text_;
  event.data = data;
  return add(event);
}

Sequence LogPlan::add(const NewEvent& event) {
  begin(event).append(event.data);
  return finish();
}

std::string& LogPlan::begin(const NewEvent& event) {
  Row& row = rows_.emplace_back();
  row.segment = end_.segment;
  row.offset = end_.offset;
  row.entry = event.entry;
  row.feed = event.feed;
  row.line.at = lines_.size();
  Envelope envelope;
  envelope.source = identity_.source;
  envelope.id = event.id;
  envelope.type = event.type;
  envelope.sequence = end_.next;
  envelope.subject = event.subject;
  envelope.partition_key = event.partition_key;
  envelope.time = event.time;
  envelope.recorded = recorded_text_;
  append_line_start(lines_, envelope);
  return lines_;
}

std::size_t LogPlan::room(std::uint64_t max_line_bytes) const {
  const std::size_t around = lines_.size() - rows_.back().line.at + kLineEnd.size();
  return max_line_bytes > around ? static_cast<std::size_t>(max_line_bytes) - around : 0;
}

Sequence LogPlan::finish(Span after, std::string_view whole) {
  lines_ += kLineEnd;
  Row& row = rows_.back();
  row.line.size = lines_.size() - row.line.at;
  if (after.size != 0) row.after = {after.at - row.line.at, after.size};
  row.whole = whole;
  end_.offset += row.line.size;
  return end_.next++;
}

std::string_view LogPlan::line(const Row& row) const {
  return std::string_view(lines_).substr(row.line.at, row.line.size);
}

std::optional<LogRow> LogPlan::row(Sequence sequence) const {
  if (sequence < first_ || sequence >= end_.next) return std::nullopt;
  const Row& row = rows_[sequence - first_];
  LogRow view;
  view.segment = row.segment;
  view.offset = row.offset;
  view.entry = row.entry;
  view.feed = row.feed;
  view.after_at = static_cast<std::uint32_t>(row.after.at);
  view.after_size = static_cast<std::uint32_t>(row.after.size);
  view.line = line(row);
  view.whole = row.whole;
  return view;
}

void LogPlan::put(Batch& batch, Outbox& outbox) const {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const LogRow whole = *row(first_ + i);
    batch.put(Family::log, number_key(first_ + i), {encode_head(whole), whole.line, whole.whole});
    outbox.add(whole.line.size(), static_cast<bool>(whole.entry));
  }
  if (sealed_) batch.put(Family::segments, number_key(end_.segment - 1), encode(*sealed_));
  if (own_rows_ != 0) batch.put(Family::segments, number_key(end_.segment), encode(end_.row));
}

Result<void> LogPlan::apply(EventLog& log, MonoTime now) const {
  if (own_rows_ != 0) {
    const std::string_view closing =
        sealed_ && !sealed_->lost ? line(rows_.front()) : std::string_view{};
    Result<void> rotated = log.rotate(closing, end_.row, line(rows_[own_rows_ - 1]));
    if (!rotated) return rotated;
  }
  const std::size_t rest = own_rows_ < rows_.size() ? rows_[own_rows_].line.at : lines_.size();
  return log.append(std::string_view(lines_).substr(rest), rows_.size() - own_rows_, now);
}

}  // namespace feedwire::storage
