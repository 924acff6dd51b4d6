#include "daemon/metrics_text.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace feedwire::daemon {
namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text;
}

std::uint64_t count_open_files() {
  std::error_code error;
  std::uint64_t files = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error))
    ++files;
  return files;
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

void MetricsText::family(std::string_view name, MetricKind kind, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help,
                 kind == MetricKind::counter ? "counter"
                 : kind == MetricKind::gauge ? "gauge"
                                             : "histogram");
}

void MetricsText::begin_sample(Labels labels, std::string_view suffix) {
  text_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, value] : labels)
    fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", std::exchange(before, ','), name,
                   escaped(value));
  if (before == ',') text_ += '}';
}

void MetricsText::sample(std::uint64_t value, Labels labels) {
  begin_sample(labels);
  fmt::format_to(std::back_inserter(text_), " {}\n", value);
}

void MetricsText::sample(double value, Labels labels) {
  begin_sample(labels);
  fmt::format_to(std::back_inserter(text_), " {:.6f}\n", value);
}

void MetricsText::counter(std::string_view name, std::uint64_t value, std::string_view help) {
  family(name, MetricKind::counter, help);
  sample(value);
}

void MetricsText::gauge(std::string_view name, std::uint64_t value, std::string_view help) {
  family(name, MetricKind::gauge, help);
  sample(value);
}

void MetricsText::gauge_seconds(std::string_view name, std::chrono::microseconds value,
                                std::string_view help) {
  family(name, MetricKind::gauge, help);
  sample(std::chrono::duration<double>(value).count());
}

void MetricsText::histogram(std::string_view name, const Durations& durations,
                            std::string_view help) {
  family(name, MetricKind::histogram, help);
  std::uint64_t up_to = 0;
  for (std::size_t i = 0; i < durations.counts.size(); ++i) {
    up_to += durations.counts[i];
    const bool bounded = i < durations.bounds.size();
    const std::string bound =
        bounded ? fmt::format("{}", std::chrono::duration<double>(durations.bounds[i]).count())
                : "+Inf";
    begin_sample({{"le", bound}}, "_bucket");
    fmt::format_to(std::back_inserter(text_), " {}\n", up_to);
  }
  begin_sample({}, "_sum");
  fmt::format_to(std::back_inserter(text_), " {:.6f}\n",
                 std::chrono::duration<double>(durations.sum).count());
  begin_sample({}, "_count");
  fmt::format_to(std::back_inserter(text_), " {}\n", up_to);
}

void append_process_metrics(MetricsText& metrics) {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    metrics.family("process_cpu_seconds_total", MetricKind::counter,
                   "CPU time of the daemon, without its parse workers.");
    metrics.sample(seconds(used.ru_utime) + seconds(used.ru_stime));
  }
  std::uint64_t virtual_pages = 0, resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages) {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    metrics.gauge("process_virtual_memory_bytes", virtual_pages * page, "Address space.");
    metrics.gauge("process_resident_memory_bytes", resident_pages * page, "Memory in RAM.");
  }
  metrics.gauge("process_open_fds", count_open_files(), "Open files.");
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0)
    metrics.gauge("process_max_fds", files.rlim_cur, "Files that may be open.");
}

}  // namespace feedwire::daemon
