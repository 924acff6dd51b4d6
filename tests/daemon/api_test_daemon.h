// A daemon for the API's tests: a store in memory, a server on a socket in a fresh folder, and a
// client that sends bytes as they are.

#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "daemon/api_server.h"
#include "tests/daemon/memory_store.h"
#include "tests/support/temp_dir.h"

namespace feedwire::tests {

/// Tasks run at once on the API's thread, or wait in `waiting_*` until the test takes them.
class FakeBackend : public daemon::ApiBackend {
 public:
  mutable std::mutex mutex;  // held by whoever touches anything below
  MemoryStore memory;
  bool is_alive = true;
  bool takes_work = true;
  bool at_once = true;
  bool is_standby = false;  // there is no store; set before the server starts
  std::vector<std::string> reasons;
  WallTime offline_since{};
  daemon::DaemonStatus more_status;  // its items and fetches are those of status()
  daemon::ReloadResult reload_result{.feeds = 3, .mistakes = {}};
  storage::FeedChanges feed_changes;  // the last that were asked for …
  Result<daemon::FeedsChanged> changed = daemon::FeedsChanged{};  // … and what becomes of them
  std::vector<std::pair<storage::FeedKey, daemon::PollOrder>> polls;
  Result<void> polled;  // what becomes of each
  std::vector<daemon::StoreTask> waiting_tasks;
  std::vector<ReloadDone> waiting_reloads;
  int failed_tasks = 0;
  std::filesystem::path ledger = "/nowhere";  // set before the server starts

  daemon::DaemonStatus status() const override;
  bool alive() const override;
  std::vector<std::string> not_ready() const override;
  bool has_store() const override { return !is_standby; }
  const storage::Store& store() const override;
  bool on_store_thread(daemon::StoreTask task) override;
  bool on_read_thread(daemon::ReadJob job) override;
  std::filesystem::path ledger_dir() const override { return ledger; }
  bool reload(ReloadDone done) override;
  bool change_feeds(storage::FeedChanges changes, FeedsDone done) override;
  void poll_feed(storage::FeedKey feed, const daemon::PollOrder& order,
                 daemon::PollDone done) override;
  bool backup(const std::filesystem::path& dir, BackupDone done) override;

  /// Waits until a request has left a task or a reload.
  void await_work() const;
};

struct HttpAnswer {
  int status = 0;
  std::string headers;  // with the status line
  std::string body;

  bool has_header(std::string_view line) const;
};

/// A connection to the API.
class ApiClient {
 public:
  explicit ApiClient(const std::string& socket_path);
  explicit ApiClient(UniqueFd connection) : fd_(std::move(connection)) {}

  /// Sends all of it, or as much as the other side takes before it hangs up.
  void send(std::string_view bytes);
  /// Reads to the end of the connection.
  HttpAnswer read_answer();
  /// Nothing more will be sent.
  void finish();

 private:
  UniqueFd fd_;
};

/// The server starts with the first use of server() or request(): until then a test may prepare
/// `backend` without its lock.
class ApiTestDaemon {
 public:
  explicit ApiTestDaemon(daemon::AccessPolicy policy = daemon::access_policy()) : policy_(policy) {
    backend.memory.log.last = 100;
  }

  FakeBackend backend;
  daemon::ApiServer::Options options;
  std::string socket_path() const { return dir_.path() / "feedwire.sock"; }
  daemon::ApiServer& server();

  /// One request on a connection of its own. `target` is sent as it is.
  HttpAnswer request(std::string_view method, std::string_view target, std::string_view body = {});
  HttpAnswer get(std::string_view target) { return request("GET", target); }

 private:
  const daemon::AccessPolicy policy_;
  TempDir dir_;
  ManualClock clock_{Now{WallTime(std::chrono::seconds(1'763'764'501)), MonoTime{}}};
  std::unique_ptr<daemon::ApiServer> server_;
};

/// The bytes of a request on a connection that ends with it.
std::string http_request(std::string_view method, std::string_view target,
                         std::string_view body = {});

}  // namespace feedwire::tests
