#include "tests/support/web_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace feedwire::tests {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::optional<std::string> find_header(
    const std::vector<std::pair<std::string, std::string>>& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (lower(key) == name) return value;
  return std::nullopt;
}

WebRequest parse_head(std::string head) {
  WebRequest request;
  const std::size_t method_end = head.find(' ');
  const std::size_t line_end = head.find("\r\n");
  const std::size_t target_end = std::min(head.find(' ', method_end + 1), line_end);
  request.method = head.substr(0, method_end);
  request.target = head.substr(method_end + 1, target_end - method_end - 1);
  for (std::size_t at = line_end + 2; at + 2 < head.size();) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = std::min(head.find(": ", at), end);
    request.headers.emplace_back(
        lower(head.substr(at, colon - at)),
        head.substr(std::min(colon + 2, end), end - std::min(colon + 2, end)));
    at = end + 2;
  }
  request.head = std::move(head);
  return request;
}

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 304:
      return "Not Modified";
    case 404:
      return "Not Found";
    default:
      return "Scripted";
  }
}

std::string wire_format(const WebResponse& response) {
  std::string out = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason(response.status));
  for (const auto& [name, value] : response.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (response.status != 304) out += fmt::format("Content-Length: {}\r\n", response.body.size());
  out += "\r\n";
  if (response.status != 304) out += response.body;
  return out;
}

}  // namespace

std::optional<std::string> WebRequest::header(std::string_view name) const {
  return find_header(headers, name);
}

WebResponse answer_conditional(const WebRequest& request, WebResponse page) {
  const auto etag = find_header(page.headers, "etag");
  const auto modified = find_header(page.headers, "last-modified");
  const auto if_none_match = request.header("if-none-match");
  const bool unchanged = if_none_match
                             ? etag && *if_none_match == *etag
                             : modified && request.header("if-modified-since") == modified;
  if (unchanged) page.status = 304;
  return page;
}

WebServer::WebServer(const std::string& address, std::uint16_t port, const TlsIdentity* tls)
    : address_(address),
      tls_(tls != nullptr),
      listener_(address, port, tls, [this](Connection& connection) { serve(connection); }) {}

void WebServer::handle(const std::string& path, Handler handler) {
  const std::lock_guard lock(mutex_);
  handlers_[path] = std::move(handler);
}

void WebServer::page(const std::string& path, WebResponse page) {
  handle(path, [page = std::move(page)](const WebRequest& request) {
    return answer_conditional(request, page);
  });
}

std::string WebServer::url(const std::string& path_and_query, const std::string& host) const {
  return fmt::format("{}://{}:{}{}", tls_ ? "https" : "http", host.empty() ? address_ : host,
                     port(), path_and_query);
}

std::vector<WebRequest> WebServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<WebRequest> WebServer::requests(const std::string& path) const {
  std::vector<WebRequest> all = requests();
  std::erase_if(all, [&](const WebRequest& request) { return request.path() != path; });
  return all;
}

void WebServer::serve(Connection& connection) {
  std::string buffer, head;
  while (connection.read_head(buffer, head)) {
    WebRequest request = parse_head(std::move(head));
    const std::size_t size = std::stoul(request.header("content-length").value_or("0"));
    while (buffer.size() < size)
      if (!connection.read_some(buffer)) return;
    request.body = buffer.substr(0, size);
    buffer.erase(0, size);
    const WebResponse response = answer(request);
    if (response.delay.count() > 0 && !connection.pause(response.delay)) return;
    if (!connection.write(wire_format(response))) return;
  }
}

WebResponse WebServer::answer(const WebRequest& request) {
  Handler handler;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (const auto found = handlers_.find(request.path()); found != handlers_.end())
      handler = found->second;
  }
  if (handler) return handler(request);
  return {.status = 404, .headers = {{"Content-Type", "text/plain"}}, .body = "no such page\n"};
}

}  // namespace feedwire::tests
