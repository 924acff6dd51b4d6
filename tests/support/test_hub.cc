#include "tests/support/test_hub.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hmac.h"
#include "base/unique_fd.h"

namespace feedwire::tests {
namespace {

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::string encoded(std::string_view text) {
  std::string out;
  for (const char c : text) out += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  return out;
}

// "http://127.0.0.1:8080/path" -> 8080, "/path"
std::pair<std::uint16_t, std::string> place_of(const std::string& url) {
  const std::size_t colon = url.rfind(':');
  const std::size_t slash = url.find('/', colon);
  return {static_cast<std::uint16_t>(std::stoi(url.substr(colon + 1, slash - colon - 1))),
          url.substr(slash)};
}

}  // namespace

std::map<std::string, std::string> form_fields(std::string_view form) {
  std::map<std::string, std::string> fields;
  while (!form.empty()) {
    const std::string_view field = form.substr(0, form.find('&'));
    const std::size_t equals = field.find('=');
    fields[decoded(field.substr(0, equals))] = decoded(field.substr(equals + 1));
    form.remove_prefix(std::min(field.size() + 1, form.size()));
  }
  return fields;
}

std::string hub_signature(const std::string& secret, std::string_view body) {
  return "sha256=" + hmac_hex(HmacHash::sha256, secret, body);
}

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) return {};
  return fd;
}

HttpAnswer ask_port(std::uint16_t port, const std::string& bytes) {
  HttpAnswer answer;
  const UniqueFd fd = connect_to(port);
  if (!fd) return answer;
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t size = ::send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) break;  // the answer may be there all the same
    sent += static_cast<std::size_t>(size);
  }
  std::string received(64 << 10, '\0');
  for (ssize_t size = 0; (size = ::read(fd.get(), received.data(), received.size())) > 0;)
    answer.head.append(received.data(), static_cast<std::size_t>(size));
  const std::size_t end = answer.head.find("\r\n\r\n");
  if (end == answer.head.npos) return answer;
  answer.body = answer.head.substr(end + 4);
  answer.head.resize(end + 2);
  answer.status = std::stoi(answer.head.substr(answer.head.find(' ') + 1, 3));
  return answer;
}

TestHub::TestHub() {
  web_.handle("/hub", [](const WebRequest&) { return WebResponse{202, {}, ""}; });
}

std::vector<std::map<std::string, std::string>> TestHub::asked() const {
  std::vector<std::map<std::string, std::string>> all;
  for (const WebRequest& request : web_.requests("/hub")) all.push_back(form_fields(request.body));
  return all;
}

HttpAnswer TestHub::verify(const Fields& asked, const std::string& challenge,
                           const std::string& lease_seconds) const {
  const auto [port, path] = place_of(asked.at("hub.callback"));
  std::string query = "?hub.mode=" + asked.at("hub.mode") +
                      "&hub.topic=" + encoded(asked.at("hub.topic")) +
                      "&hub.challenge=" + encoded(challenge);
  if (!lease_seconds.empty()) query += "&hub.lease_seconds=" + lease_seconds;
  return ask_port(port, "GET " + path + query + " HTTP/1.1\r\nHost: feedwire\r\n\r\n");
}

HttpAnswer TestHub::push(const Fields& asked, const std::string& body,
                         const std::string& signature) const {
  const auto [port, path] = place_of(asked.at("hub.callback"));
  return ask_port(port, fmt::format("POST {} HTTP/1.1\r\nHost: feedwire\r\nContent-Type: "
                                    "application/rss+xml\r\nX-Hub-Signature: {}\r\n"
                                    "Content-Length: {}\r\n\r\n{}",
                                    path, signature, body.size(), body));
}

}  // namespace feedwire::tests
