#include "tests/shippers/shipper.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace feedwire::tests {
namespace {

namespace fs = std::filesystem;

std::string slurp(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != text.npos);
  for (std::size_t at = 0; (at = text.find(from, at)) != text.npos; at += to.size())
    text.replace(at, from.size(), to);
}

/// The folder of `file`, a path in one of the folders in `dir`.
fs::path folder_of(const fs::path& file, const fs::path& dir) {
  for (const auto& entry : fs::directory_iterator(dir))
    if (fs::exists(entry.path() / file)) return (entry.path() / file).parent_path();
  throw std::runtime_error(fmt::format("there is no */{} in {}", file.native(), dir.native()));
}

std::vector<std::string> prepare_rsyslog(const fs::path& root, const fs::path& dir,
                                         const std::string& config) {
  std::ofstream(dir / "shipped.conf") << config;
  std::ofstream(dir / "main.conf") << fmt::format(
      "global(workDirectory=\"{0}\")\ninclude(file=\"{0}/shipped.conf\")\n", dir.native());
  return {"-n",
          "-f",
          dir / "main.conf",
          "-i",
          dir / "pid",
          "-M",
          folder_of("rsyslog/imfile.so", root / "usr/lib")};
}

std::vector<std::string> prepare_syslog_ng(const fs::path& root, const fs::path& dir,
                                           const std::string& config) {
  const fs::path modules = folder_of("libaffile.so", root / "usr/lib/syslog-ng");
  std::ofstream(dir / "shipped.conf") << config;
  std::ofstream(dir / "main.conf") << fmt::format("@version: {}\n@include \"{}/shipped.conf\"\n",
                                                  modules.filename().native(), dir.native());
  const auto option = [&](const char* name, const fs::path& value) {
    return fmt::format("--{}={}", name, value.native());
  };
  return {"--foreground",
          "--no-caps",
          option("cfgfile", dir / "main.conf"),
          option("persist-file", dir / "persist"),
          option("pidfile", dir / "pid"),
          option("control", dir / "control"),
          option("module-path", modules)};
}

/// Where the package is: as `./dev` unpacked it, or installed.
fs::path root_of(const ShipperKind& kind) {
  const fs::path unpacked = fs::path(FEEDWIRE_BIN_DIR).parent_path() / "shippers" / kind.package;
  for (const fs::path& root : {unpacked, fs::path("/")})
    if (fs::exists(root / kind.program)) return root;
  FAIL(
      fmt::format("There is no {0} in {1}, nor in /. It is in Debian's package {2}, which `./dev "
                  "test` unpacks there.",
                  kind.program, unpacked.native(), kind.package));
  return {};
}

}  // namespace

const ShipperKind kRsyslog{"rsyslog", "usr/sbin/rsyslogd", "rsyslog.conf", prepare_rsyslog};
const ShipperKind kSyslogNg{"syslog-ng-core", "usr/sbin/syslog-ng", "syslog-ng.conf",
                            prepare_syslog_ng};

Shipper::Shipper(const ShipperKind& kind, const fs::path& events_dir, const fs::path& dir)
    : output_(dir / "received.ndjson") {
  const fs::path root = root_of(kind);
  std::string config = slurp(fs::path(FEEDWIRE_SOURCE_DIR) / "docs/shippers" / kind.config);
  replace_all(config, "/var/lib/feedwire/events", events_dir);
  replace_all(config, "/var/log/feedwire.ndjson", output_);
  argv_ = {root / kind.program};
  for (std::string& argument : kind.prepare(root, dir, config))
    argv_.push_back(std::move(argument));
  environment_ = {"LD_LIBRARY_PATH=" + (root / "usr/lib/syslog-ng").native()};
}

void Shipper::start() { process_ = std::make_unique<Process>(argv_, environment_); }

void Shipper::stop() {
  process_->signal(SIGTERM);
  const int code = process_->wait();
  INFO(process_->out() << process_->err());
  REQUIRE(code == 0);
}

void Shipper::kill() {
  REQUIRE(process_->running());
  process_->signal(SIGKILL);
  process_->wait();
  killed_at_.push_back(received_bytes());
}

std::uint64_t Shipper::received_bytes() const {
  std::error_code absent;
  const std::uint64_t size = fs::file_size(output_, absent);
  return absent ? 0 : size;
}

std::vector<std::string> Shipper::received() const {
  const std::string bytes = slurp(output_);
  std::vector<std::string> lines;
  auto kill = killed_at_.begin();
  for (std::size_t begin = 0; begin < bytes.size();) {
    while (kill != killed_at_.end() && *kill <= begin) ++kill;
    const std::size_t lf = bytes.find('\n', begin);
    if (kill != killed_at_.end() && *kill <= lf) {  // with lf == npos: the last line is torn
      begin = *kill;
      continue;
    }
    if (lf == bytes.npos) break;
    lines.push_back(bytes.substr(begin, lf - begin));
    begin = lf + 1;
  }
  return lines;
}

}  // namespace feedwire::tests
