// feedwire tail: the event log on standard output, read from its files, whether the daemon runs or
// not.

#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <memory>
#include <vector>

#include "base/fs.h"
#include "base/unique_fd.h"
#include "cli/event_filter.h"
#include "cli/event_text.h"
#include "cli/session.h"
#include "cli/terminal_text.h"
#include "storage/log_reader.h"
#include "storage/store_json.h"

namespace feedwire::cli {
namespace {

constexpr std::size_t kFlushBytes = 64 * 1024;
constexpr int kRecheckMs = 1000;   // should inotify miss something, as network file systems do
constexpr int kUnwatchedMs = 100;  // where there is nothing to watch yet

struct TailOptions {
  bool follow = false, fail_on_gap = false, pretty = false;
  std::string after, from = "earliest", format = "ndjson";
  EventFilter filter;
};

/// Standard output in groups; a reader who went away is no error (SIGPIPE, spec events 4).
class Output {
 public:
  void add(std::string_view line) {
    buffer_.append(line).append("\n");
    if (buffer_.size() >= kFlushBytes) flush();
  }
  void flush() {
    std::string_view rest = buffer_;
    while (!rest.empty() && !closed_ && error_ == 0) {
      const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
      if (written >= 0)
        rest.remove_prefix(static_cast<std::size_t>(written));
      else if (errno == EPIPE)
        closed_ = true;
      else if (errno != EINTR)
        error_ = errno;
    }
    buffer_.clear();
  }
  bool closed() const { return closed_; }
  void note_closed() { closed_ = true; }
  int error() const { return error_; }  // errno of a failed write, or 0
  bool done() const { return closed_ || error_ != 0; }

 private:
  std::string buffer_;
  bool closed_ = false;
  int error_ = 0;
};

/// Waits for the log to grow.
class LogWatch {
 public:
  explicit LogWatch(std::filesystem::path dir)
      : dir_(std::move(dir)), inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

  /// Returns when something may have happened; false if nobody reads standard output any more.
  bool wait() {
    if (!watching_ && inotify_) {
      watching_ = ::inotify_add_watch(inotify_.get(), dir_.c_str(), IN_MODIFY | IN_MOVED_TO) >= 0;
      // What happened before the watch was there has to be looked at once more.
      if (watching_) return true;
    }
    // A pipe without a reader reports POLLERR, whatever was asked for.
    pollfd fds[] = {{STDOUT_FILENO, 0, 0}, {inotify_.get(), POLLIN, 0}};
    ::poll(fds, watching_ ? 2 : 1, watching_ ? kRecheckMs : kUnwatchedMs);
    char events[4096];
    while (inotify_ && ::read(inotify_.get(), events, sizeof events) > 0) continue;
    return (fds[0].revents & (POLLERR | POLLNVAL)) == 0;
  }

 private:
  const std::filesystem::path dir_;
  UniqueFd inotify_;
  bool watching_ = false;
};

class Tail {
 public:
  Tail(const TailOptions& options, std::filesystem::path events_dir)
      : options_(options),
        dir_(std::move(events_dir)),
        coloured_(options.pretty && ::isatty(STDOUT_FILENO) != 0 && !std::getenv("NO_COLOR")),
        width_(options.pretty ? terminal_width(STDOUT_FILENO) : 0) {}

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
    Result<storage::Sequence> after = start();
    if (!after) return fail(after.error());
    Result<storage::LogReader> reader = storage::LogReader::open(fs_, dir_, *after);
    if (!reader) return fail(reader.error());

    LogWatch watch(dir_);
    for (;;) {
      if (ExitCode code = print_group(*reader); code != ExitCode::ok) return code;
      if (output_.closed() || !options_.follow) return ExitCode::ok;
      if (!watch.wait()) return ExitCode::ok;
    }
  }

 private:
  // The sequence behind which to begin.
  Result<storage::Sequence> start() {
    if (!options_.after.empty()) return storage::parse_sequence(options_.after);
    if (options_.from == "earliest") return storage::Sequence{0};
    Result<storage::LogBounds> bounds = storage::log_bounds(fs_, dir_);
    if (!bounds) return std::move(bounds).error();
    return bounds->last;
  }

  // Everything there is for now.
  ExitCode print_group(storage::LogReader& reader) {
    for (;;) {
      Result<std::optional<storage::LogLine>> line = reader.next();
      if (!line) {
        output_.flush();
        return fail(line.error());
      }
      if (const std::optional<storage::Gap> gap = reader.take_gap()) {
        if (ExitCode code = report(*gap, (*line)->line); code != ExitCode::ok) return code;
      }
      if (!*line) break;
      if (options_.filter.passes((*line)->line)) print((*line)->line);
      if (output_.done()) break;
    }
    output_.flush();
    if (output_.error() == 0) return ExitCode::ok;
    errno = output_.error();
    return fail(errno_error("standard output: write"));
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
};

ExitCode tail(const Session& session, TailOptions& options) {
  options.pretty = options.format == "pretty";
  const std::optional<config::Config> config = load_config(session);
  if (!config) return ExitCode::config;
  std::signal(SIGPIPE, SIG_IGN);
  return Tail(options, config->state_dir / "events").run();
}

std::string check_sequence(const std::string& text) {
  const Result<storage::Sequence> sequence = storage::parse_sequence(text);
  return sequence ? "" : sequence.error().message;
}

constexpr const char* kFooter =
    "Each line is one event, a CloudEvents 1.0 JSON document; storage/event_log.md describes "
    "them.\n"
    "The last \"sequence\" you processed is what --after takes to go on without loss or repeat.\n"
    "Where events asked for are no longer in the log, there is a feedwire.log.gap in their place,\n"
    "and a line on standard error whatever the filter is.\n\n"
    "Examples:\n"
    "  feedwire tail --follow --format pretty\n"
    "  feedwire tail --type 'entry.*' --feed leiphone | jq -r .data.after.title\n"
    "  feedwire tail --after 00000000000000004711 --follow";

}  // namespace

void add_tail(CLI::App& app, Session& session) {
  CLI::App* const command = app.add_subcommand("tail", "Print the event log");
  const auto options = std::make_shared<TailOptions>();
  command->add_flag("--follow,-f", options->follow, "Go on with what is added");
  auto* const after = command->add_option("--after", options->after, "Begin behind this sequence")
                          ->type_name("SEQ")
                          ->check(CLI::Validator(&check_sequence, ""));
  command
      ->add_option("--from", options->from, "Begin at the earliest event (default) or at the end")
      ->type_name("earliest|latest")
      ->check(CLI::IsMember({"earliest", "latest"}))
      ->excludes(after);
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
