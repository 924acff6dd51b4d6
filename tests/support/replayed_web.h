// The network of tests in virtual time: a Transport whose servers are functions, and a ParserPort
// that reads documents in process.

#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "daemon/parser_port.h"
#include "daemon/transport.h"

namespace feedwire::tests {

/// Answers each request at once, or `latency` of virtual time later, by asking the server of its
/// URL; records what was asked and when. An unknown URL fails as DNS does.
class ReplayedWeb : public daemon::Transport {
 public:
  using Server = std::function<daemon::HttpResponse(const daemon::HttpRequest&)>;
  struct Seen {
    Now at;
    daemon::HttpRequest request;
  };

  void serve(const std::string& url, Server server) { servers_[url] = std::move(server); }
  /// A server with validators: 304 where the ETag sent is that of `body`, which may change.
  void serve_document(const std::string& url, const std::string& body);

  /// What is under way is never answered: the process that asked has ended.
  void hang_up() {
    started_.clear();
    waiting_.clear();
  }

  void start(daemon::HttpRequest request) override { started_.push_back(std::move(request)); }
  std::size_t free_places() const override { return 64 - started_.size() - waiting_.size(); }
  std::vector<daemon::HttpResponse> step(Now now) override;

  bool crowded() const override { return is_crowded; }

  bool is_crowded = false;  // what it says
  std::chrono::microseconds latency{0};
  std::vector<Seen> seen;

 private:
  struct Waiting {
    MonoTime done;
    daemon::HttpResponse response;
  };

  std::map<std::string, Server> servers_;
  std::vector<daemon::HttpRequest> started_;
  std::deque<Waiting> waiting_;
};

/// An answer with this status and body; headers as pairs with lower-case names.
daemon::HttpResponse answer(const daemon::HttpRequest& request, int status, std::string body,
                            std::vector<std::pair<std::string, std::string>> headers = {});

/// read_feed() at the next step().
class InlineParser : public daemon::ParserPort {
 public:
  void submit(daemon::ParseJob job) override {
    ++submitted;
    jobs_.push_back(std::move(job));
  }
  std::size_t free_places(std::size_t body_bytes) const override {
    return body_bytes > daemon::kLargeBody && takes_no_large ? 0 : 4 - jobs_.size();
  }
  std::vector<daemon::ParseDone> step(Now now) override;

  std::size_t submitted = 0;  // documents so far
  bool takes_no_large = false;

 private:
  std::vector<daemon::ParseJob> jobs_;
};

}  // namespace feedwire::tests
