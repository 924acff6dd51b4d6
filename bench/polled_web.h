// The feeds that polling is measured with: files that nginx serves, each under a loopback address
// of its own, so that no connection serves two of them, as in life.

#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bench/curl_loop.h"
#include "bench/nginx.h"
#include "tests/support/temp_dir.h"

namespace feedwire::bench {

class PolledWeb {
 public:
  /// `feeds` files *.xml of the folder $FEEDWIRE_BENCH_WEB, or look-alikes of our own making where
  /// there is none. Ends the benchmark with a message where there are too few.
  explicit PolledWeb(std::size_t feeds);

  /// With the ETag of each.
  const std::vector<Target>& targets() const { return targets_; }
  /// `count` feeds at addresses of their own that leave it to us how soon they are polled again: of
  /// the documents those that name no ttl, in turn.
  std::vector<Target> soon_due(std::size_t count) const;
  /// The first of them over https at one address, so many times.
  std::vector<Target> tls_targets(std::size_t count) const;
  std::filesystem::path certificate_file() const { return nginx_->certificate_file(); }
  const std::string& description() const { return description_; }

 private:
  std::filesystem::path folder(std::size_t feeds);
  std::string url_of(std::size_t place, const std::string& name) const;

  tests::TempDir generated_;
  std::unique_ptr<Nginx> nginx_;
  std::vector<Target> targets_;
  std::vector<std::size_t> without_ttl_;  // of `targets_`
  std::vector<std::string> names_;        // of their files
  std::string description_;
};

}  // namespace feedwire::bench
