// Metrics in Prometheus' text format, version 0.0.4 (operations 8.4).

#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/tally.h"

namespace feedwire::daemon {

enum class MetricKind { counter, gauge, histogram };

/// Collects families of samples. The samples of a family follow its family().
class MetricsText {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// `help` is one line of plain words.
  void family(std::string_view name, MetricKind kind, std::string_view help);
  /// Of the last family. Values of labels are escaped; they must not come from feeds (OP-14).
  void sample(std::uint64_t value, Labels labels = {});
  void sample(double value, Labels labels = {});

  /// A family with one sample that has no label.
  void counter(std::string_view name, std::uint64_t value, std::string_view help);
  void gauge(std::string_view name, std::uint64_t value, std::string_view help);
  void gauge_seconds(std::string_view name, std::chrono::microseconds value, std::string_view help);
  /// In seconds, without labels but for the bounds.
  void histogram(std::string_view name, const Durations& durations, std::string_view help);

  std::string take() { return std::move(text_); }

 private:
  void begin_sample(Labels labels, std::string_view suffix = {});

  std::string text_;
  std::string name_;
};

/// CPU time, memory, open files and start of this process, as all clients of Prometheus name them,
/// as far as /proc tells.
void append_process_metrics(MetricsText& metrics);

}  // namespace feedwire::daemon
