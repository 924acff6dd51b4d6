#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace feedwire::cli {

/// Answers HTTP on a Unix socket with replies made up beforehand, and notes what it was asked.
class FakeDaemon {
 public:
  struct Reply {
    int status = 200;
    std::string body;
  };

  /// `replies` by "METHOD PATH"; 404 for anything else.
  FakeDaemon(const std::filesystem::path& socket, std::map<std::string, Reply> replies);
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;
  ~FakeDaemon();

  /// "METHOD PATH BODY" of each request so far.
  std::vector<std::string> requests() const;

 private:
  void serve();
  void answer(int connection);

  const std::map<std::string, Reply> replies_;
  UniqueFd listener_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace feedwire::cli
