#include "storage/log_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/hash.h"
#include "storage/event.h"
#include "storage/event_check.h"
#include "storage/file_lines.h"
#include "storage/json_members.h"

namespace feedwire::storage {
namespace {

constexpr std::string_view kOpened = "feedwire.log.segment_opened";
constexpr std::string_view kClosed = "feedwire.log.segment_closed";

std::string text_of(std::string_view object, std::string_view name) {
  return string_value(find_member(object, name).value_or("null"));
}

std::uint64_t number_of(std::string_view object, std::string_view name) {
  return plain_number(find_member(object, name).value_or("")).value_or(0);
}

/// One life: one log.
class Verifier {
 public:
  Verifier(Fs& fs, const std::filesystem::path& dir, const VerifyOptions& options,
           Findings& findings)
      : fs_(fs), dir_(dir), options_(options), findings_(findings) {}

  Result<VerifiedLog> run() {
    Result<std::vector<SegmentName>> names = list();
    if (!names) return std::move(names).error();
    for (std::size_t i = 0; i < names->size(); ++i) {
      const bool last = i + 1 == names->size();
      Result<void> read = check_segment((*names)[i], last ? nullptr : &(*names)[i + 1]);
      if (!read) return std::move(read).error();
    }
    if (options_.progress) options_.progress(all_bytes_, all_bytes_);
    return std::move(log_);
  }

 private:
  Result<std::vector<SegmentName>> list() {
    std::vector<SegmentName> segments;
    Result<std::vector<std::string>> names = fs_.list(dir_);
    if (!names && names.error().code == ErrorCode::not_found) return segments;
    if (!names) return std::move(names).error();
    for (const std::string& name : *names) {
      if (const auto segment = parse_segment_name(name))
        segments.push_back(*segment);
      else if (name.ends_with(".ndjson"))
        findings_.add("name",
                      fmt::format("{}: this is no name of a segment, but readers of *.ndjson "
                                  "take it for one; move it out of the folder",
                                  name));
    }
    for (const SegmentName& segment : segments) {
      Result<std::unique_ptr<File>> file = fs_.open(dir_ / segment.text(), false);
      if (!file) continue;
      if (const Result<std::uint64_t> size = (*file)->size()) all_bytes_ += *size;
    }
    return segments;
  }

  void add(std::string_view code, std::string_view text) {
    findings_.add(code, fmt::format("{}: {}", now_.name.text(), text));
  }
  void add_at_line(std::string_view code, std::string_view text) {
    findings_.add(code, fmt::format("{}:{}: {}", now_.name.text(), line_number_, text));
  }

  Result<void> check_segment(const SegmentName& name, const SegmentName* next) {
    Result<std::unique_ptr<File>> file = fs_.open(dir_ / name.text(), false);
    if (!file && file.error().code == ErrorCode::not_found) return note_removed();
    if (!file) return std::move(file).error();
    Result<std::uint64_t> size = (*file)->size();
    if (!size) return std::move(size).error().in((dir_ / name.text()).native());

    now_ = SegmentFacts{};
    now_.name = name;
    line_number_ = last_line_bytes_ = 0;
    sha_.emplace();
    check_place(name);
    FileLines lines(**file);
    for (;;) {
      Result<std::optional<std::string_view>> line = lines.next();
      if (!line) return std::move(line).error().in((dir_ / name.text()).native());
      if (!*line) break;
      line_number_ = lines.number();
      check_line(**line, lines.offset(), next);
      log_.bytes += (*line)->size();
      if (options_.progress) options_.progress(log_.bytes, all_bytes_);
    }
    check_end(lines, next);
    // The daemon may have appended since.
    now_.size_bytes = std::max(*size, lines.offset() + last_line_bytes_ + lines.rest_bytes());
    log_.segments.push_back(std::move(now_));
    return {};
  }

  // Retention takes the oldest away while we look: then the log begins behind this segment. If one
  // before it is still there, it is missing, which the next one tells.
  Result<void> note_removed() {
    for (const SegmentFacts& before : log_.segments)
      if (fs_.exists(dir_ / before.name.text())) return {};
    log_.segments.clear();
    log_.history = LogHistory();
    segment_number_ = 0;
    return {};
  }

  // FL-4: names tell the first sequence, so what is missing can be told.
  void check_place(const SegmentName& name) {
    if (log_.segments.empty()) {
      log_.history.begin(name.first == 1 && name.epoch == 1);
    } else if (name.first != expected_) {
      const SegmentName& before = log_.segments.back().name;
      if (name.first > expected_)
        add("gap", fmt::format("the events {} to {} are missing between {} and this segment; "
                               "restore the files from a backup",
                               expected_, name.first - 1, before.text()));
      else
        add("sequence", fmt::format("it begins with {}, but {} goes up to {}", name.first,
                                    before.text(), expected_ - 1));
      segment_number_ = 0;
    }
    if (!log_.segments.empty() && log_.segments.back().name.epoch != name.epoch)
      log_.source.clear();
    expected_ = name.first;
  }

  void check_line(std::string_view whole, std::uint64_t offset, const SegmentName* next) {
    const std::string_view line = whole.substr(0, whole.size() - 1);
    last_line_bytes_ = whole.size();
    if (now_.closed) add_at_line("closing", "a line stands behind the one that closes the segment");
    now_.closed = false;
    check_sequence(line);
    const std::string_view type = head_member(line, "type");
    if (line_number_ == 1) check_header(line, whole.size(), type);
    if (type == kClosed) check_closing(line, offset, next);
    if (options_.deep) check_deep(line, whole.size());
    sha_->update(whole);
    ++log_.events;
  }

  void check_sequence(std::string_view line) {
    const std::optional<Sequence> sequence = sequence_of_line(line);
    if (!sequence || !line.starts_with('{') || !line.ends_with('}')) {
      add_at_line("line", fmt::format("this is no event, but event {} should be here; restore the "
                                      "file from a backup",
                                      expected_));
      ++expected_;
      return;
    }
    if (*sequence != expected_)
      add_at_line("sequence",
                  fmt::format("sequence {} stands where {} should", *sequence, expected_));
    now_.last = *sequence;
    expected_ = *sequence + 1;
    const std::string_view source = head_member(line, "source");
    if (!log_.source.empty() && source != log_.source)
      add_at_line("source",
                  fmt::format("its source is {}, of the log it is {}", source, log_.source));
    log_.source = source;
  }

  void check_header(std::string_view line, std::size_t size_bytes, std::string_view type) {
    if (type != kOpened) {
      add_at_line("header", "the first line is no log.segment_opened");
      return;
    }
    if (size_bytes < kMinHeaderBytes)
      add_at_line("header", fmt::format("the first line has {} bytes, but shippers need {} to tell "
                                        "files apart",
                                        size_bytes, kMinHeaderBytes));
    const std::string_view data = find_member(line, "data").value_or("{}");
    const std::string file = text_of(data, "file");
    if (file != now_.name.text())
      add_at_line("header",
                  fmt::format("the first line is that of {}; was the file renamed?", file));
    const std::string previous = text_of(data, "previous");
    if (!log_.segments.empty() && previous != log_.segments.back().name.text())
      add_at_line("header", fmt::format("it follows {}, but the first line names {}",
                                        log_.segments.back().name.text(), previous));
    const std::uint64_t number = number_of(data, "segment");
    if (segment_number_ != 0 && number != segment_number_ + 1)
      add_at_line("header", fmt::format("this is segment {}, and {} the one before it", number,
                                        segment_number_));
    segment_number_ = number;
    check_id(line, "open");
  }

  void check_closing(std::string_view line, std::uint64_t offset, const SegmentName* next) {
    now_.closed = true;
    now_.hashed = offset;
    now_.sha256 = sha_->hex();
    const std::string_view data = find_member(line, "data").value_or("{}");
    if (text_of(data, "sha256") != now_.sha256)
      add_at_line("sha256",
                  fmt::format("the bytes before the closing line have another SHA-256 than "
                              "it tells ({}): they were changed; restore the file from a "
                              "backup",
                              now_.sha256));
    if (const std::uint64_t count = number_of(data, "count"); count != line_number_ - 1)
      add_at_line("count", fmt::format("the closing line counts {} events before it, there are {}",
                                       count, line_number_ - 1));
    if (number_of(data, "segment") != segment_number_)
      add_at_line("closing", "the closing line is that of another segment");
    if (const std::string named = text_of(data, "next"); next != nullptr && named != next->text())
      add_at_line("next",
                  fmt::format("the closing line names {} as the next segment, but that is {}",
                              named, next->text()));
    check_id(line, "close");
  }

  void check_id(std::string_view line, std::string_view verb) {
    const std::string id = fmt::format("s-{}-{}-{}", now_.name.epoch, now_.name.first, verb);
    if (const std::string_view found = head_member(line, "id"); found != id)
      add_at_line("id", fmt::format("its id is {}, not {}", found, id));
  }

  void check_deep(std::string_view line, std::size_t size_bytes) {
    if (options_.max_line_bytes != 0 && size_bytes > options_.max_line_bytes)
      add_at_line("length", fmt::format("the line has {} bytes, {} are allowed (events.max_line): "
                                        "shippers with that limit lose it",
                                        size_bytes, options_.max_line_bytes));
    EventFacts facts;
    std::optional<EventFault> fault = check_event(line, facts);
    if (!fault) fault = log_.history.add(facts);
    if (fault) add_at_line(fault->code, fault->text);
  }

  void check_end(const FileLines& lines, const SegmentName* next) {
    if (line_number_ == 0 && lines.rest_bytes() == 0) add("header", "the file is empty");
    if (lines.rest_bytes() >= FileLines::kLongestLine)
      add("length", fmt::format("{} bytes behind line {} have no end of line; the rest is not read",
                                lines.rest_bytes(), line_number_));
    else if (lines.rest_bytes() != 0)
      add("torn", fmt::format("the last line is cut off: {} bytes behind line {} have no LF; "
                              "feedwired mends that when it starts, unless it is just writing them",
                              lines.rest_bytes(), line_number_));
    if (next != nullptr && !now_.closed)
      add("closing",
          fmt::format("it has no closing line, though {} follows it: its end is missing; "
                      "restore the file from a backup",
                      next->text()));
  }

  Fs& fs_;
  const std::filesystem::path& dir_;
  const VerifyOptions& options_;
  Findings& findings_;
  VerifiedLog log_;
  std::uint64_t all_bytes_ = 0;
  SegmentFacts now_;  // the segment that is being read
  std::uint64_t line_number_ = 0, last_line_bytes_ = 0;
  std::optional<Sha256> sha_;         // of its bytes so far
  Sequence expected_ = 0;             // of the next line
  std::uint64_t segment_number_ = 0;  // 0 = not known
};

}  // namespace

Result<VerifiedLog> verify_log(Fs& fs, const std::filesystem::path& events_dir,
                               const VerifyOptions& options, Findings& findings) {
  return Verifier(fs, events_dir, options, findings).run();
}

}  // namespace feedwire::storage
