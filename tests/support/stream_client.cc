#include "tests/support/stream_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

#include "tests/support/unix_socket.h"

namespace feedwire::tests {

SseBody parse_sse(std::string_view body) {
  SseBody parsed;
  SseEvent event;
  std::string id;
  bool has_data = false;
  for (std::size_t end; (end = body.find('\n')) != body.npos; body.remove_prefix(end + 1)) {
    const std::string_view line = body.substr(0, end);
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, colon);
    std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "id") id = value;
    if (name == "event") event.type = value;
    if (name == "data") event.data += value;
    has_data = has_data || name == "data";
    if (!line.empty()) continue;
    parsed.last_id = event.id = id;
    if (has_data) parsed.events.push_back(event);
    event = {};
    has_data = false;
  }
  return parsed;
}

StreamClient::StreamClient(const std::string& socket_path, std::string_view target,
                           std::string_view headers)
    : fd_(connect_unix(socket_path)) {
  std::string request("GET ");
  request.append(target).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
  request.append(headers).append("\r\n");
  if (::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    throw std::runtime_error("send");
}

bool StreamClient::read_some(std::chrono::steady_clock::time_point end) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  pollfd fd{fd_.get(), POLLIN, 0};
  if (is_closed_ || left.count() <= 0 || ::poll(&fd, 1, static_cast<int>(left.count())) <= 0)
    return false;
  std::array<char, 65536> bytes{};
  const ssize_t size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  is_closed_ = size <= 0;
  if (is_closed_) return false;
  raw_.append(bytes.data(), static_cast<std::size_t>(size));
  if (head_.empty()) {
    const std::size_t head_end = raw_.find("\r\n\r\n");
    if (head_end == raw_.npos) return true;
    head_ = raw_.substr(0, head_end + 2);
    raw_.erase(0, head_end + 4);
  }
  take_chunks();
  return true;
}

void StreamClient::take_chunks() {
  if (head_.find("Transfer-Encoding: chunked") == head_.npos) {
    body_ += raw_;
    raw_.clear();
    return;
  }
  std::size_t at = 0;
  for (std::size_t line; !is_whole_ && (line = raw_.find("\r\n", at)) != raw_.npos;) {
    const std::size_t size = std::stoul(raw_.substr(at, line - at), nullptr, 16);
    if (raw_.size() < line + 2 + size + 2) break;
    body_.append(raw_, line + 2, size);
    at = line + 2 + size + 2;
    ++chunks_;
    is_whole_ = size == 0;
  }
  raw_.erase(0, at);
}

bool StreamClient::wait_for(std::string_view text, std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  // Only what is new needs to be looked at, and what a text may begin in before it.
  for (std::size_t from = 0;;) {
    if (body_.find(text, from) != body_.npos) return true;
    from = body_.size() < text.size() ? 0 : body_.size() - text.size();
    if (!read_some(end)) return false;
  }
}

bool StreamClient::wait_for_end(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (read_some(end)) continue;
  return is_closed_;
}

int StreamClient::status() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (head_.empty() && read_some(end)) continue;
  return head_.size() < 12 ? 0 : std::stoi(head_.substr(9, 3));
}

}  // namespace feedwire::tests
