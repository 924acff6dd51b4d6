// The real program on a made-up configuration, log and daemon.

#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace feedwire::cli {

/// A folder with feedwired.toml, whose state and runtime folders are in it too.
class Tool {
 public:
  Tool() {
    dir_.write("feedwired.toml", "state_dir = \"state\"\nruntime_dir = \".\"\n");
    std::filesystem::create_directories(events_dir());
    std::filesystem::permissions(events_dir(), std::filesystem::perms{0750});
  }

  std::filesystem::path events_dir() const { return dir_.path() / "state" / "events"; }
  std::filesystem::path socket() const { return dir_.path() / "feedwire.sock"; }
  const tests::TempDir& dir() const { return dir_; }

  /// `arguments` without the program and --config.
  std::vector<std::string> command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> argv = {FEEDWIRE_BIN_DIR "/feedwire", "--config",
                                     (dir_.path() / "feedwired.toml").native()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return argv;
  }
  tests::Finished run(const std::vector<std::string>& arguments) const {
    return tests::run(command(arguments));
  }

  /// Writes a segment whose first event has the sequence `first`; `events` are made by event().
  void write_segment(std::uint64_t first, const std::vector<std::string>& events) const {
    std::string text;
    for (const std::string& event : events) text += event + "\n";
    dir_.write(fmt::format("state/events/events-0001-{:020}.ndjson", first), text);
  }

 private:
  tests::TempDir dir_;
};

/// A line of the log in its key order, without what the tool does not look at.
inline std::string event(std::uint64_t sequence, const std::string& type,
                         const std::string& data = "{}") {
  return fmt::format(R"({{"specversion":"1.0","id":"x","source":"urn:uuid:0","type":"feedwire.{}",)"
                     R"("sequence":"{:020}","time":"2026-11-21T21:15:01.250000Z","data":{}}})",
                     type, sequence, data);
}

/// `data` of an event about an entry.
inline std::string entry_data(const std::string& feed_name, const std::string& title) {
  return fmt::format(
      R"({{"op":"c","rev":1,"feed":{{"feed_id":"f-2c26b46b68ffc68f","url":"https://example.org/{0}",)"
      R"("name":"{0}"}},"key":{{"entry_key":"e"}},"after":{{"id":"1","title":"{1}"}}}})",
      feed_name, title);
}

}  // namespace feedwire::cli
