#include "bench/curl_loop.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/epoll.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

#include "base/unique_fd.h"

namespace feedwire::bench {
namespace {

std::size_t throw_away(char*, std::size_t size, std::size_t count, void*) { return size * count; }

std::size_t keep(char* bytes, std::size_t size, std::size_t count, void* body) {
  static_cast<std::string*>(body)->append(bytes, size * count);
  return size * count;
}

void check(CURLMcode code) {
  if (code == CURLM_OK) return;
  fmt::print(stderr, "curl loop: {}\n", curl_multi_strerror(code));
  std::exit(1);
}

class Loop {
 public:
  Loop(const std::vector<Target>& targets, long status, const LoopOptions& options)
      : targets_(targets),
        status_(status),
        options_(options),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &Loop::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &Loop::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
  }

  std::size_t run() {
    for (std::size_t i = 0; i < options_.at_once; ++i) start_next();
    while (running_ > 0) step();
    return answered_;
  }

 private:
  struct MultiCleanup {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };
  struct ListFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  /// What a transfer needs to its end.
  struct Request {
    std::unique_ptr<curl_slist, ListFree> headers;
    std::string body;
  };

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    Loop& loop = *static_cast<Loop*>(self);
    epoll_event event{};
    event.data.fd = socket;
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    const int change = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
                       : known == nullptr       ? EPOLL_CTL_ADD
                                                : EPOLL_CTL_MOD;
    ::epoll_ctl(loop.epoll_.get(), change, socket, &event);
    if (change == EPOLL_CTL_ADD) curl_multi_assign(loop.multi_.get(), socket, &loop);
    return 0;
  }

  static int on_timer(CURLM*, long patience_ms, void* self) {
    static_cast<Loop*>(self)->patience_ms_ = static_cast<int>(patience_ms);
    return 0;
  }

  void start_next() {
    if (next_ == targets_.size()) return;
    const Target& target = targets_[next_++];
    CURL* easy = curl_easy_init();
    auto request = std::make_unique<Request>();
    if (!target.etag.empty())
      request->headers.reset(curl_slist_append(nullptr, ("If-None-Match: " + target.etag).c_str()));
    curl_easy_setopt(easy, CURLOPT_URL, target.url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, request->headers.get());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, options_.take ? keep : throw_away);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &request->body);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, request.release());
    if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
    if (options_.caches_ca) curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);  // its scan costs more than a look-up
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    check(curl_multi_add_handle(multi_.get(), easy));
    ++running_;
  }

  void step() {
    std::array<epoll_event, 64> events;
    const int ready =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience_ms_);
    int still_running = 0;
    if (ready == 0) {
      check(curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &still_running));
    }
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const int what = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                       (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
      check(curl_multi_socket_action(multi_.get(), event.data.fd, what, &still_running));
    }
    finish_ended();
  }

  void finish_ended() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      CURL* easy = message->easy_handle;
      long status = 0;
      Request* request = nullptr;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &request);
      const std::unique_ptr<Request> ended(request);
      const bool answered = message->data.result == CURLE_OK && status == status_;
      check(curl_multi_remove_handle(multi_.get(), easy));
      curl_easy_cleanup(easy);
      --running_;
      if (answered) ++answered_;
      if (answered && options_.take) options_.take(std::move(ended->body));
      start_next();
    }
  }

  const std::vector<Target>& targets_;
  const long status_;
  const LoopOptions& options_;
  std::size_t next_ = 0, running_ = 0, answered_ = 0;
  int patience_ms_ = -1;
  UniqueFd epoll_;
  std::unique_ptr<CURLM, MultiCleanup> multi_{curl_multi_init()};
};

}  // namespace

std::size_t fetch_all(const std::vector<Target>& targets, long status, const LoopOptions& options) {
  return Loop(targets, status, options).run();
}

}  // namespace feedwire::bench
