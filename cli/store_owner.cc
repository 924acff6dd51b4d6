#include "cli/store_owner.h"

#include <fmt/format.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

namespace feedwire::cli {

storage::Options StoreOwner::options(const config::Config& config) {
  storage::Options options;
  options.dir = config.state_dir;
  options.cache_bytes = config.store.cache;
  options.min_free_bytes = config.store.min_free;
  return options;
}

Result<void> StoreOwner::become_owner(const std::filesystem::path& state_dir) {
  struct stat status {};
  if (::geteuid() != 0 || ::stat(state_dir.c_str(), &status) != 0 || status.st_uid == 0) return {};
  if (::setgroups(0, nullptr) == 0 && ::setgid(status.st_gid) == 0 && ::setuid(status.st_uid) == 0)
    return {};
  Error error = errno_error("become the owner").in(state_dir.native());
  error.code = ErrorCode::permission;
  return error;
}

Result<std::unique_ptr<storage::Store>> StoreOwner::open(const config::Config& config) {
  if (!fs_.exists(config.state_dir / "db"))
    return Error{ErrorCode::not_found,
                 fmt::format("there is no store in {}", config.state_dir.native())};
  if (Result<void> owner = become_owner(config.state_dir); !owner) return std::move(owner).error();
  Result<std::unique_ptr<storage::Store>> store =
      storage::Store::open(options(config), fs_, clock_, rng_);
  if (!store && store.error().code == ErrorCode::busy)
    return Error(store.error()).in("stop feedwired first");
  return store;
}

}  // namespace feedwire::cli
