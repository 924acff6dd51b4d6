#include "cli/check_report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string_view>

#include "cli/terminal_text.h"

namespace feedwire::cli {

storage::Progress progress_meter() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [shown = -1](std::uint64_t done_bytes, std::uint64_t all_bytes) mutable {
    const int percent = all_bytes == 0 ? 100 : static_cast<int>(done_bytes * 100 / all_bytes);
    if (percent == shown) return;
    shown = percent;
    // At the end the line is empty again.
    fmt::print(stderr, "\r{}\r",
               percent < 100 ? fmt::format("{:>3} % read", percent) : std::string(10, ' '));
    std::fflush(stderr);
  };
}

void append_findings(JsonWriter& json, const storage::Findings& findings) {
  json.key("clean").boolean(findings.empty()).key("findings").begin_array();
  for (const storage::Finding& finding : findings.told())
    json.begin_object().field("code", finding.code).field("text", finding.text).end_object();
  json.end_array().key("counts").begin_object();
  for (const auto& [code, count] : findings.counts())
    json.field(code, static_cast<std::int64_t>(count));
  json.end_object();
}

void print_findings(const storage::Findings& findings) {
  std::map<std::string_view, std::uint64_t> told;
  for (const storage::Finding& finding : findings.told()) {
    fmt::print("[{}] {}\n", finding.code, visible(finding.text));
    ++told[finding.code];
  }
  for (const auto& [code, count] : findings.counts())
    if (count > told[code]) fmt::print("[{}] and {} more\n", code, count - told[code]);
}

ExitCode exit_code_of(const storage::Findings& findings) {
  return findings.empty() ? ExitCode::ok : ExitCode::data;
}

}  // namespace feedwire::cli
