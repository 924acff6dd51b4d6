#include "tests/e2e/daemon_run.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <utility>

#include "base/fs.h"
#include "storage/log_reader.h"

namespace feedwire::tests {
namespace {

const std::string kBin = FEEDWIRE_BIN_DIR;

}  // namespace

DaemonRun::DaemonRun(std::vector<std::string> urls, std::string schedule)
    : schedule_(std::move(schedule)) {
  set_urls(std::move(urls));
}

void DaemonRun::set_urls(std::vector<std::string> urls) {
  std::string text = "state_dir = \"state\"\nruntime_dir = \"run\"\n[log]\nlevel = \"debug\"\n";
  text += "[fetch]\nallow = [\"127.0.0.0/8\"]\nhost_gap = \"0s\"\n[schedule]\n" + schedule_;
  text += "[store]\nmin_free = \"1MiB\"\nballast = \"1MiB\"\n";
  for (const std::string& url : urls) text += "[[feed]]\nurl = \"" + url + "\"\n";
  write_config(text);
}

void DaemonRun::write_config(const std::string& text) const { dir_.write("feedwired.toml", text); }

std::vector<std::string> DaemonRun::daemon(std::vector<std::string> more) const {
  std::vector<std::string> argv{kBin + "/feedwired", "--config", config().native()};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

Finished DaemonRun::once() const { return run(daemon({"--once"})); }

Finished DaemonRun::tool(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), kBin + "/feedwire");
  arguments.insert(arguments.end(), {"--config", config().native()});
  return run(arguments);
}

std::vector<std::string> DaemonRun::lines() const {
  PosixFs fs;
  storage::LogReader reader = storage::LogReader::open(fs, events_dir(), 0).value();
  std::vector<std::string> lines;
  while (const auto line = reader.next().value()) {
    REQUIRE(line->sequence == lines.size() + 1);  // I1: contiguous
    lines.emplace_back(line->line);
    REQUIRE(lines.back().back() == '}');
  }
  return lines;
}

std::map<std::string, int> DaemonRun::types() const {
  static const std::string kPrefix = "feedwire.";
  std::map<std::string, int> types;
  for (const std::string& line : lines()) ++types[member(line, "type").substr(kPrefix.size())];
  return types;
}

int DaemonRun::count(const std::string& type) const {
  const std::map<std::string, int> all = types();
  const auto found = all.find(type);
  return found == all.end() ? 0 : found->second;
}

std::string member(const std::string& line, const std::string& name) {
  const std::string start = '"' + name + "\":\"";
  const std::size_t at = line.find(start);
  if (at == line.npos) return "";
  const std::size_t begin = at + start.size();
  return line.substr(begin, line.find('"', begin) - begin);
}

}  // namespace feedwire::tests
