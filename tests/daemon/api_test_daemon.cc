#include "tests/daemon/api_test_daemon.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/support/unix_socket.h"

namespace feedwire::tests {

daemon::DaemonStatus FakeBackend::status() const {
  daemon::DaemonStatus status;
  status.version = "0.1.0";
  status.revision = "8b92ce2f1a09";
  status.config_file = "/etc/feedwire/feedwired.toml";
  status.started = WallTime(std::chrono::seconds(1'763'764'501));
  status.feeds = 3;
  status.polls = 7;
  status.last_commit = WallTime(std::chrono::seconds(1'763'764'500));
  const std::lock_guard lock(mutex);
  status.items = more_status.items;
  status.fetches = more_status.fetches;
  status.offline_since = offline_since;
  return status;
}

bool FakeBackend::alive() const {
  const std::lock_guard lock(mutex);
  return is_alive;
}

std::vector<std::string> FakeBackend::not_ready() const {
  const std::lock_guard lock(mutex);
  return reasons;
}

const storage::Store& FakeBackend::store() const {
  if (is_standby) throw std::logic_error("there is no store");
  return memory;
}

bool FakeBackend::on_store_thread(daemon::StoreTask task) {
  const std::lock_guard lock(mutex);
  if (!takes_work) return false;
  if (!at_once)
    waiting_tasks.push_back(std::move(task));
  else if (!task(memory))
    ++failed_tasks;
  return true;
}

bool FakeBackend::on_read_thread(daemon::ReadJob job) {
  {
    const std::lock_guard lock(mutex);
    if (!takes_work) return false;
  }
  job(std::atomic<bool>(false));
  return true;
}

bool FakeBackend::reload(ReloadDone done) {
  const std::lock_guard lock(mutex);
  if (!takes_work) return false;
  if (at_once)
    done(reload_result);
  else
    waiting_reloads.push_back(std::move(done));
  return true;
}

bool FakeBackend::change_feeds(storage::FeedChanges changes, FeedsDone done) {
  const std::lock_guard lock(mutex);
  if (!takes_work) return false;
  feed_changes = std::move(changes);
  done(changed);
  return true;
}

void FakeBackend::poll_feed(storage::FeedKey feed, const daemon::PollOrder& order,
                            daemon::PollDone done) {
  const std::lock_guard lock(mutex);
  polls.emplace_back(feed, order);
  done(polled);
}

bool FakeBackend::backup(const std::filesystem::path& dir, BackupDone done) {
  const std::lock_guard lock(mutex);
  if (takes_work) done(memory.backup(dir, [] { return true; }));
  return takes_work;
}

void FakeBackend::await_work() const {
  for (;; std::this_thread::yield()) {
    const std::lock_guard lock(mutex);
    if (!waiting_tasks.empty() || !waiting_reloads.empty()) return;
  }
}

bool HttpAnswer::has_header(std::string_view line) const {
  return headers.find(fmt::format("\r\n{}\r\n", line)) != headers.npos;
}

ApiClient::ApiClient(const std::string& socket_path) : fd_(connect_unix(socket_path)) {}

void ApiClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

HttpAnswer ApiClient::read_answer() {
  std::string all;
  std::array<char, 4096> chunk{};
  for (ssize_t size; (size = ::recv(fd_.get(), chunk.data(), chunk.size(), 0)) > 0;)
    all.append(chunk.data(), static_cast<std::size_t>(size));

  HttpAnswer answer;
  const std::size_t end = all.find("\r\n\r\n");
  if (end == all.npos) return answer;
  answer.headers = all.substr(0, end + 2);
  answer.body = all.substr(end + 4);
  const std::size_t code = std::string_view("HTTP/1.1 ").size();
  std::from_chars(all.data() + code, all.data() + code + 3, answer.status);
  return answer;
}

void ApiClient::finish() { ::shutdown(fd_.get(), SHUT_WR); }

daemon::ApiServer& ApiTestDaemon::server() {
  std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
  if (!server_)
    server_ = daemon::ApiServer::start(socket_path(), policy_, options, backend, clock_).value();
  return *server_;
}

HttpAnswer ApiTestDaemon::request(std::string_view method, std::string_view target,
                                  std::string_view body) {
  server();
  ApiClient client(socket_path());
  client.send(http_request(method, target, body));
  return client.read_answer();
}

std::string http_request(std::string_view method, std::string_view target, std::string_view body) {
  return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}\r\n{}", method,
                     target, body.empty() ? "" : fmt::format("Content-Length: {}\r\n", body.size()),
                     body);
}

}  // namespace feedwire::tests
