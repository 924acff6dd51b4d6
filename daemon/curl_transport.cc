#include "daemon/curl_transport.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace feedwire::daemon {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr long kIdleConnections = 64;

MonoTime steady_now() { return SystemClock().now().mono; }

std::vector<IpNetwork> networks(const std::vector<std::string>& cidrs) {
  std::vector<IpNetwork> list;
  for (const std::string& cidr : cidrs) list.push_back(IpNetwork::parse(cidr).value());
  return list;
}

CURLM* new_multi() {
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = kReady == CURLE_OK ? curl_multi_init() : nullptr;
  if (multi == nullptr) throw std::runtime_error("libcurl cannot be initialised");
  return multi;
}

}  // namespace

CurlTransport::CurlTransport(TransportOptions options, EventLoop& loop)
    : options_(std::move(options)),
      guard_(networks(options_.allow)),
      loop_(loop),
      check_interval_(std::clamp<microseconds>(
          std::min<microseconds>(
              {options_.first_byte, options_.low_speed_time, options_.stalled_after}) /
              10,
          milliseconds{5}, milliseconds{1000})),
      multi_(new_multi()),
      large_(std::make_shared<LargeBodies>(options_.max_large)) {
  CURLM* multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlTransport::on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlTransport::on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  // A transfer has its connection alone: with multiplexing, one could join the connection of a
  // feed that may reach addresses which it itself may not (S4).
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

// libcurl counts the busy ones in, and looks through all of them for the oldest idle one each time
// that there are too many.
void CurlTransport::limit_connections() {
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                    static_cast<long>(active_.size()) + kIdleConnections);
}

CurlTransport::~CurlTransport() {
  for (CurlTransfer* transfer : active_) curl_multi_remove_handle(multi_.get(), transfer->handle());
}

void CurlTransport::start(HttpRequest request) {
  assert(free_places() > 0);
  if (idle_.empty()) {
    transfers_.push_back(std::make_unique<CurlTransfer>(options_, guard_, *large_));
    idle_.push_back(transfers_.back().get());
  }
  CurlTransfer* transfer = idle_.back();
  idle_.pop_back();
  active_.push_back(transfer);
  limit_connections();

  const MonoTime now = steady_now();
  if (active_.size() == 1) next_check_ = now + check_interval_;
  if (transfer->begin(std::move(request), now))
    add(transfer);
  else
    finish(transfer, now);
}

std::size_t CurlTransport::free_places() const {
  // A stalled one may have moved on since, so that more than max_concurrent are busy.
  const std::size_t busy = active_.size() - stalled_;
  return std::min(options_.max_concurrent - std::min(busy, options_.max_concurrent),
                  max_active() - active_.size());
}

std::vector<HttpResponse> CurlTransport::step(Now now) {
  int running = 0;
  if (curl_deadline_ && *curl_deadline_ <= now.mono) {
    curl_deadline_.reset();
    curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
  int waiting = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &waiting)) {
    if (message->msg != CURLMSG_DONE) continue;
    CurlTransfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    end_hop(transfer, message->data.result, now.mono);
  }
  if (!active_.empty() && next_check_ <= now.mono) check_limits(now.mono);
  for (CurlTransfer* const transfer : large_->take_admitted()) transfer->go_on();
  return std::exchange(finished_, {});
}

std::optional<MonoTime> CurlTransport::deadline() const {
  if (!finished_.empty() || large_->any_admitted()) return MonoTime::min();
  if (active_.empty()) return std::nullopt;
  return curl_deadline_ ? std::min(*curl_deadline_, next_check_) : next_check_;
}

void CurlTransport::add(CurlTransfer* transfer) {
  curl_easy_setopt(transfer->handle(), CURLOPT_PRIVATE, transfer);
  curl_multi_add_handle(multi_.get(), transfer->handle());
}

void CurlTransport::end_hop(CurlTransfer* transfer, CURLcode result, MonoTime now) {
  curl_multi_remove_handle(multi_.get(), transfer->handle());
  if (transfer->end_hop(result, now))
    add(transfer);
  else
    finish(transfer, now);
}

void CurlTransport::finish(CurlTransfer* transfer, MonoTime now) {
  if (transfer->stalled()) --stalled_;
  finished_.push_back(transfer->take_response(now));
  active_.erase(std::find(active_.begin(), active_.end(), transfer));
  limit_connections();
  idle_.push_back(transfer);
}

void CurlTransport::check_limits(MonoTime now) {
  next_check_ = now + check_interval_;
  std::vector<CurlTransfer*> over;
  std::copy_if(active_.begin(), active_.end(), std::back_inserter(over),
               [&](CurlTransfer* transfer) { return !transfer->within_limits(now); });
  for (CurlTransfer* transfer : over) end_hop(transfer, CURLE_ABORTED_BY_CALLBACK, now);
  stalled_ = static_cast<std::size_t>(
      std::count_if(active_.begin(), active_.end(),
                    [&](CurlTransfer* transfer) { return transfer->look_if_stalled(now); }));
}

int CurlTransport::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
  auto& transport = *static_cast<CurlTransport*>(self);
  if (what == CURL_POLL_REMOVE) {
    transport.loop_.forget(fd);
    return 0;
  }
  std::uint32_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
  transport.loop_.watch(fd, events, [&transport, fd](std::uint32_t ready) {
    int flags = 0, running = 0;
    if ((ready & (EPOLLIN | EPOLLHUP)) != 0) flags |= CURL_CSELECT_IN;
    if ((ready & EPOLLOUT) != 0) flags |= CURL_CSELECT_OUT;
    if ((ready & EPOLLERR) != 0) flags |= CURL_CSELECT_ERR;
    curl_multi_socket_action(transport.multi_.get(), fd, flags, &running);
  });
  return 0;
}

int CurlTransport::on_timer(CURLM*, long span, void* self) {
  auto& transport = *static_cast<CurlTransport*>(self);
  transport.curl_deadline_.reset();
  if (span >= 0) transport.curl_deadline_ = steady_now() + milliseconds{span};
  return 0;
}

}  // namespace feedwire::daemon
