#include "storage/fsck_places.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string>

#include "storage/event_log.h"
#include "storage/segment.h"

namespace feedwire::storage {
namespace {

void check_mode(const std::filesystem::path& path, unsigned wanted, Findings& findings) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return;  // told as missing
  const unsigned mode = status.st_mode & 0777;
  if (mode != wanted)
    findings.add("mode", fmt::format("{}: its mode is {:04o}, it should be {:04o}; chmod {:04o} it",
                                     path.native(), mode, wanted, wanted));
}

}  // namespace

void check_places(const std::filesystem::path& state_dir, const VerifiedLog& log,
                  Findings& findings, std::vector<std::string>& to_be_mended) {
  const std::filesystem::path dir = events_dir(state_dir);
  check_mode(state_dir / "db", 0700, findings);
  check_mode(dir, 0750, findings);
  if (log.segments.empty()) return;
  for (const SegmentFacts& segment : log.segments) {
    const bool sealed = segment.closed || &segment != &log.segments.back();
    check_mode(dir / segment.name.text(), sealed ? kSealedMode : kActiveMode, findings);
  }
  const std::string active = log.segments.back().name.text();
  std::error_code none;
  const std::string target = std::filesystem::read_symlink(dir / kCurrentLink, none).native();
  if (target != active) to_be_mended.emplace_back(kCurrentLink);
}

}  // namespace feedwire::storage
