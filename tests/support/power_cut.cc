#include "tests/support/power_cut.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace feedwire::tests {
namespace {

namespace fs = std::filesystem;

// The library's own, in the shadow folder.
constexpr char kInodes[] = ".inodes", kBegun[] = "begun";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// One power cut.
class Cut {
 public:
  Cut(Survivors survivors, Rng& rng) : survivors_(survivors), rng_(rng) {}

  std::uint64_t lost() const { return lost_; }

  // `now` is what the program saw, `synced` what the disk has; `now` becomes what is left.
  void fold(const fs::path& now, const fs::path& synced) {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(now)) names.insert(entry.path().filename());
    for (const auto& entry : fs::directory_iterator(synced)) names.insert(entry.path().filename());
    names.erase(kInodes);
    for (const std::string& name : names) fold_name(now / name, synced / name);
  }

 private:
  bool by_chance() { return survivors_ == Survivors::some && rng_.next() % 2 == 0; }

  void fold_name(const fs::path& now, const fs::path& synced) {
    const auto now_is = fs::symlink_status(now).type();
    const auto synced_is = fs::symlink_status(synced).type();
    if (synced_is == fs::file_type::not_found || now_is == fs::file_type::not_found) {
      if (by_chance()) return;  // the change of the folder has reached the disk
      ++lost_;
      fs::remove_all(now);
      if (synced_is != fs::file_type::not_found)
        fs::copy(synced, now, fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    } else if (now_is == fs::file_type::directory) {
      fold(now, synced);
    } else if (now_is == fs::file_type::regular) {
      fold_file(now, synced);
    } else if (!by_chance()) {
      fs::remove(now);
      fs::copy_symlink(synced, now);
    }
  }

  void fold_file(const fs::path& now, const fs::path& synced) {
    const std::string seen = read(now);
    const std::string durable = read(synced);
    if (seen == durable) return;
    const std::string left = survivors_ == Survivors::synced ? durable : mix(seen, durable);
    if (left == seen) return;
    ++lost_;
    const fs::perms mode = fs::status(synced).permissions();
    fs::remove(now);
    write(now, left);
    fs::permissions(now, mode);
  }

  std::string mix(const std::string& seen, const std::string& durable) {
    // Another file has taken the name, or bytes were written over: the one or the other.
    if (!seen.starts_with(durable)) return rng_.next() % 2 == 0 ? seen : durable;
    const std::size_t more = rng_.next() % (seen.size() - durable.size() + 1);
    std::string left = seen.substr(0, durable.size() + more);
    if (rng_.next() % 4 == 0) left.resize(seen.size(), '\0');
    return left;
  }

  const Survivors survivors_;
  Rng& rng_;
  std::uint64_t lost_ = 0;
};

}  // namespace

std::vector<std::string> power_loss_environment(const fs::path& state, const fs::path& shadow) {
  return {"LD_PRELOAD=" FEEDWIRE_POWER_LOSS_SHIM,
          "FEEDWIRE_DISK=" + state.native() + ":" + shadow.native()};
}

std::uint64_t cut_power(const fs::path& state, const fs::path& shadow, Survivors survivors,
                        Rng& rng) {
  Cut cut(survivors, rng);
  // A program that is killed while it loads its libraries has changed nothing.
  if (fs::exists(shadow / kInodes / kBegun)) cut.fold(state, shadow);
  for (const auto& entry : fs::directory_iterator(shadow)) fs::remove_all(entry.path());
  return cut.lost();
}

}  // namespace feedwire::tests
