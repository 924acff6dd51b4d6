#include "daemon/api_exchange.h"

#include <microhttpd.h>

#include <chrono>
#include <utility>
#include <vector>

namespace feedwire::daemon {
namespace {

constexpr std::chrono::milliseconds kLastWords{
    500};  // for what is being sent when the server stops

/// Answers for whoever forgot to: dies with the last copy of a Respond.
class Promise {
 public:
  explicit Promise(std::shared_ptr<ApiExchange> exchange) : exchange_(std::move(exchange)) {}
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  ~Promise() { exchange_->give(problem(503, "feedwired is stopping")); }

  void keep(ApiReply reply) { exchange_->give(std::move(reply)); }

 private:
  const std::shared_ptr<ApiExchange> exchange_;
};

}  // namespace

void ApiExchange::give(ApiReply reply) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(given_, true)) return;
  reply_ = std::move(reply);
  if (suspended_) MHD_resume_connection(connection_);
}

std::optional<ApiReply> ApiExchange::take_or_suspend() {
  const std::lock_guard lock(mutex_);
  if (given_) return std::exchange(reply_, std::nullopt);
  suspended_ = true;
  MHD_suspend_connection(connection_);
  return std::nullopt;
}

Respond responder(std::shared_ptr<ApiExchange> exchange) {
  return [promise = std::make_shared<Promise>(std::move(exchange))](ApiReply reply) {
    promise->keep(std::move(reply));
  };
}

std::shared_ptr<ApiExchange> ApiExchanges::add(MHD_Connection* connection, ApiRequest head) {
  auto exchange = std::make_shared<ApiExchange>(connection, std::move(head));
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  open_.emplace(exchange.get(), exchange);
  return exchange;
}

void ApiExchanges::remove(ApiExchange* exchange) {
  {
    const std::lock_guard lock(mutex_);
    open_.erase(exchange);
  }
  removed_.notify_all();
}

void ApiExchanges::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  for (const auto& [key, exchange] : open_) exchange->give(problem(503, "feedwired is stopping"));
  removed_.wait_for(lock, kLastWords, [this] { return open_.empty(); });
}

}  // namespace feedwire::daemon
