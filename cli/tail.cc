// feedwire tail: the event log on standard output, read from its files, whether the daemon runs or
// not.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <memory>
#include <optional>

#include "base/fs.h"
#include "cli/consumer_cursor.h"
#include "cli/event_text.h"
#include "cli/log_watch.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/terminal_text.h"
#include "cli/time_text.h"
#include "storage/event_filter.h"
#include "storage/log_reader.h"
#include "storage/log_since.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

// Acknowledging costs the daemon a synced write.
constexpr int kLinesPerAck = 1000;

struct TailOptions {
  bool follow = false, fail_on_gap = false, pretty = false;
  std::string after, since, from = "earliest", cursor, ack = "auto", format = "ndjson";
  storage::EventFilter filter;
};

class Tail {
 public:
  /// `config` must outlive the object.
  Tail(const TailOptions& options, const config::Config& config)
      : options_(options),
        dir_(config.state_dir / "events"),
        coloured_(options.pretty && ::isatty(STDOUT_FILENO) != 0 && !std::getenv("NO_COLOR")),
        width_(options.pretty ? terminal_width(STDOUT_FILENO) : 0) {
    if (!options.cursor.empty()) cursor_.emplace(config, options.cursor);
  }

  ExitCode run() {
    if (::access(dir_.c_str(), R_OK | X_OK) != 0) {
      if (errno == EACCES)
        return fail(Error{ErrorCode::permission,
                          fmt::format("{}: you may not read the event log; be root or join the "
                                      "group feedwire",
                                      dir_.native())});
      complain(
          fmt::format("{}: there is no event log yet; has feedwired run with this "
                      "configuration?",
                      dir_.native()));
      if (!options_.follow) return ExitCode::ok;
    }
    const Result<std::optional<storage::Sequence>> after = start();
    if (!after) return fail(after.error());
    last_ = after->value_or(0);
    Result<storage::LogReader> reader = storage::LogReader::open(fs_, dir_, *after);
    if (!reader) return fail(reader.error());

    LogWatch watch(dir_);
    for (bool first = true;; first = false) {
      if (ExitCode code = print_new(*reader); code != ExitCode::ok) return code;
      if (first && reader->last_found() < last_)
        complain(fmt::format(
            "the log ends at event {}, before the {} that it is to go on behind; was a "
            "backup restored?",
            storage::format_sequence(reader->last_found()), storage::format_sequence(last_)));
      if (output_.closed() || !options_.follow) return ExitCode::ok;
      if (!watch.wait()) return ExitCode::ok;
    }
  }

 private:
  // The sequence behind which to begin; nothing: with the earliest event there is.
  Result<std::optional<storage::Sequence>> start() {
    if (cursor_) {
      Result<std::optional<storage::Sequence>> acked = cursor_->acked();
      if (!acked) return std::move(acked).error();
      if (*acked) return acked;
    }
    if (!options_.after.empty()) return placed(storage::parse_sequence(options_.after));
    if (!options_.since.empty()) {
      Result<WallTime> since = parse_instant(options_.since, SystemClock().now().wall);
      if (!since) return std::move(since).error();
      return placed(storage::last_recorded_before(fs_, dir_, *since));
    }
    if (options_.from == "earliest") return std::optional<storage::Sequence>{};
    Result<storage::LogBounds> bounds = storage::log_bounds(fs_, dir_);
    if (!bounds) return std::move(bounds).error();
    return std::optional(bounds->last);
  }

  static Result<std::optional<storage::Sequence>> placed(Result<storage::Sequence> after) {
    if (!after) return std::move(after).error();
    return std::optional(*after);
  }

  // Everything there is for now.
  ExitCode print_new(storage::LogReader& reader) {
    for (int lines = 1;; ++lines) {
      Result<std::optional<storage::LogLine>> line = reader.next();
      if (!line) {
        output_.flush();
        return fail(line.error());
      }
      if (const std::optional<storage::Gap> gap = reader.take_gap()) {
        if (ExitCode code = report(*gap, (*line)->line); code != ExitCode::ok) return code;
      }
      if (!*line) return finish_group();
      if ((*line)->sequence <= last_)
        complain(fmt::format(
            "a backup was restored: after event {} the log goes on at {}, as "
            "another one (another source)",
            storage::format_sequence(last_), storage::format_sequence((*line)->sequence)));
      last_ = (*line)->sequence;
      if (options_.filter.passes((*line)->line)) print((*line)->line);
      if (lines % kLinesPerAck != 0 && !output_.done()) continue;
      if (ExitCode code = finish_group(); code != ExitCode::ok || output_.done()) return code;
    }
  }

  // Acknowledges only what standard output has taken.
  ExitCode finish_group() {
    output_.flush();
    if (ExitCode code = output_.finish(); code != ExitCode::ok) return code;
    if (output_.closed() || !cursor_ || options_.ack != "auto") return ExitCode::ok;
    return acknowledge();
  }

  // Without feedwired the log goes on to be read; what it has not been told comes again.
  ExitCode acknowledge() {
    const Result<void> acked = cursor_->ack(last_);
    const bool retry = !acked && (acked.error().code == ErrorCode::unavailable ||
                                  acked.error().code == ErrorCode::busy);
    if (!acked && !retry) return fail(acked.error());
    if (retry && !cursor_stands_)
      complain(fmt::format("cursor {} does not move: {}", options_.cursor, acked.error().message));
    cursor_stands_ = retry;
    return ExitCode::ok;
  }

  // Never silence (events 1.5): consumers must know what they did not see.
  ExitCode report(const storage::Gap& gap, std::string_view next_line) {
    output_.flush();
    complain(fmt::format("log.gap: events {} to {} are no longer in the log",
                         storage::format_sequence(gap.first), storage::format_sequence(gap.last)));
    if (options_.fail_on_gap) return ExitCode::gap;
    const std::string event = storage::gap_event(gap, next_line);
    // Of any feed: nobody knows any more whose events they were.
    if (options_.filter.passes_type(event)) print(event);
    return ExitCode::ok;
  }

  void print(std::string_view line) {
    output_.add(options_.pretty ? event_text(line, width_, coloured_) : line);
  }

  const TailOptions& options_;
  const std::filesystem::path dir_;
  const bool coloured_;
  const std::size_t width_;
  PosixFs fs_;
  Output output_;
  std::optional<ConsumerCursor> cursor_;
  bool cursor_stands_ = false;  // feedwired could not be told last time
  storage::Sequence last_ = 0;  // read, whether printed or not
};

ExitCode tail(const Session& session, TailOptions& options) {
  options.pretty = options.format == "pretty";
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  std::signal(SIGPIPE, SIG_IGN);
  return Tail(options, *config).run();
}

std::string check_sequence(const std::string& text) {
  const Result<storage::Sequence> sequence = storage::parse_sequence(text);
  return sequence ? "" : sequence.error().message;
}

constexpr const char* kFooter =
    "Each line is one event, a CloudEvents 1.0 JSON document; storage/event_log.md describes "
    "them.\n"
    "The last \"sequence\" you processed is what --after takes to go on without loss or repeat. "
    "Or\nlet feedwired remember it: --cursor. A new cursor begins where --after, --since or --from "
    "says.\n"
    "With --ack auto an event counts as done once standard output has taken it, with --ack manual\n"
    "when you say so with feedwire cursor ack NAME SEQ. After a crash the events behind the "
    "cursor\n"
    "come again. While feedwired is down the log can be read, but cursors do not move.\n"
    "Where events asked for are no longer in the log, there is a feedwire.log.gap in their place,\n"
    "and a line on standard error whatever the filter is.\n\n"
    "Examples:\n"
    "  feedwire tail --follow --format pretty\n"
    "  feedwire tail --type 'entry.*' --feed leiphone --since 2h | jq -r .data.after.title\n"
    "  feedwire tail --after 00000000000000004711 --follow\n"
    "  feedwire tail --cursor indexer --follow --fail-on-gap | ./index";

void add_start_options(CLI::App& command, TailOptions& options) {
  auto* const after = command.add_option("--after", options.after, "Begin behind this sequence")
                          ->type_name("SEQ")
                          ->check(CLI::Validator(&check_sequence, ""));
  auto* const since =
      command
          .add_option("--since", options.since,
                      "Begin with what was recorded then or later: 2026-11-21T21:15:01Z, a day, or "
                      "how long ago, as 2h")
          ->type_name("TIME")
          ->check(CLI::Validator(&check_instant, ""))
          ->excludes(after);
  command.add_option("--from", options.from, "Begin at the earliest event (default) or at the end")
      ->type_name("earliest|latest")
      ->check(CLI::IsMember({"earliest", "latest"}))
      ->excludes(after)
      ->excludes(since);
  auto* const cursor =
      command.add_option("--cursor", options.cursor, "Begin behind what this cursor has")
          ->type_name("NAME");
  command
      .add_option("--ack", options.ack,
                  "Move the cursor along (auto, the default) or leave that to you (manual)")
      ->type_name("auto|manual")
      ->check(CLI::IsMember({"auto", "manual"}))
      ->needs(cursor);
}

}  // namespace

void add_tail(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("tail", "Print the event log");
  const auto options = std::make_shared<TailOptions>();
  command->add_flag("--follow,-f", options->follow, "Go on with what is added");
  add_start_options(*command, *options);
  command->add_option("--type", options->filter.types, "Only types like this; may be repeated")
      ->type_name("GLOB")
      ->expected(1)
      ->take_all();
  command->add_option("--feed", options->filter.feed, "Only events of this feed: key, name or URL")
      ->type_name("ID");
  command->add_option("--format", options->format, "ndjson (default) or pretty")
      ->type_name("ndjson|pretty")
      ->check(CLI::IsMember({"ndjson", "pretty"}));
  command->add_flag("--fail-on-gap", options->fail_on_gap, "End with exit code 3 at a gap");
  command->footer(kFooter);
  command->callback([&session, options] {
    session.action = [&session, options] { return tail(session, *options); };
  });
}

}  // namespace feedwire::cli
