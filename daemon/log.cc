#include "daemon/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "base/redact.h"
#include "daemon/journal.h"
#include "daemon/log_text.h"

namespace feedwire::daemon {
namespace {

/// syslog(3) priorities. Nothing here is an emergency, and notice has no counterpart in spdlog.
int priority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::critical:
      return 2;
    case spdlog::level::err:
      return 3;
    case spdlog::level::warn:
      return 4;
    case spdlog::level::info:
      return 6;
    default:
      return 7;
  }
}

std::string_view level_name(spdlog::level::level_enum level) {
  switch (priority(level)) {
    case 2:
    case 3:
      return "error";
    case 4:
      return "warn";
    case 6:
      return "info";
    default:
      return "debug";
  }
}

CodePlace place_of(const spdlog::source_loc& source) {
  if (source.empty()) return {};
  return {source.filename, source.line, source.funcname};
}

/// Writes records to a file descriptor, or hands them to the journal. base_sink's mutex lets any
/// thread log.
class LogSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  LogSink(int fd, LogStyle style) : fd_(fd), style_(style) {}

  void use_journal(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (style_ == LogStyle::journal) journal_.emplace(path);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& record) override {
    const std::string message =
        log_line(redact_urls({record.payload.data(), record.payload.size()}));
    if (journal_ &&
        journal_->send(journal_record(priority(record.level), message, place_of(record.source))))
      return;
    if (style_ == LogStyle::journal)
      return write_out(fmt::format("<{}>{}\n", priority(record.level), message));
    const auto time = std::chrono::time_point_cast<std::chrono::microseconds>(record.time);
    write_out(fmt::format("{} {} {}\n", format_time(time), level_name(record.level), message));
  }

  void flush_() override {}  // nothing is buffered

  void write_out(std::string_view line) const {
    while (!line.empty()) {
      const ssize_t written = ::write(fd_, line.data(), line.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return;
      line.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  const int fd_;
  const LogStyle style_;
  std::optional<JournalSocket> journal_;
};

}  // namespace

LogStyle log_style(std::string_view journal_stream, int fd) {
  struct stat status {};
  if (journal_stream.empty() || ::fstat(fd, &status) < 0) return LogStyle::text;
  const bool journal = journal_stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
  return journal ? LogStyle::journal : LogStyle::text;
}

void set_up_log(int fd, LogStyle style) {
  auto logger = std::make_shared<spdlog::logger>("feedwired", std::make_shared<LogSink>(fd, style));
  // A record whose arguments do not fit its format string; spdlog's own handler prints in its
  // style.
  logger->set_error_handler([sink = logger->sinks().front()](const std::string& reason) {
    sink->log(
        {"feedwired", spdlog::level::err, fmt::format("bug: a log record is lost: {}", reason)});
  });
  spdlog::set_default_logger(std::move(logger));
}

void log_to_journal(const std::string& path) {
  for (const spdlog::sink_ptr& sink : spdlog::default_logger_raw()->sinks())
    if (auto* const ours = dynamic_cast<LogSink*>(sink.get())) ours->use_journal(path);
}

Result<void> set_log_level(std::string_view level) {
  if (level == "error") {
    spdlog::set_level(spdlog::level::err);
  } else if (level == "warn") {
    spdlog::set_level(spdlog::level::warn);
  } else if (level == "info") {
    spdlog::set_level(spdlog::level::info);
  } else if (level == "debug") {
    spdlog::set_level(spdlog::level::debug);
  } else {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: expected error, warn, info or debug", log_value(level))};
  }
  return {};
}

Result<void> open_standard_fds() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // The lowest free number is `fd`, for those below it are open.
    if (::open("/dev/null", O_RDWR) < 0) return errno_error("open /dev/null");
  }
  return {};
}

}  // namespace feedwire::daemon
