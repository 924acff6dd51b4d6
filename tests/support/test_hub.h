// A WebSub hub for tests, on loopback: keeps what it is asked for, and asks back and pushes when it
// is told to.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/web_server.h"

namespace feedwire::tests {

/// The fields of an application/x-www-form-urlencoded body, decoded.
std::map<std::string, std::string> form_fields(std::string_view form);

/// The value of "X-Hub-Signature" for `body`, by HMAC-SHA256.
std::string hub_signature(const std::string& secret, std::string_view body);

struct HttpAnswer {
  int status = 0;  // 0 = none
  std::string head, body;
};

/// Connects to a port of 127.0.0.1; invalid if nobody listens there.
UniqueFd connect_to(std::uint16_t port);

/// Sends the bytes to a port of 127.0.0.1 and reads until the other side closes.
HttpAnswer ask_port(std::uint16_t port, const std::string& bytes);

/// Serves from the constructor to the destructor.
class TestHub {
 public:
  TestHub();

  std::string url() const { return web_.url("/hub"); }
  /// What it was asked for, oldest first: the fields of each request.
  std::vector<std::map<std::string, std::string>> asked() const;

  // What it does with a subscription, as asked for; these wait for the answer.
  using Fields = std::map<std::string, std::string>;
  /// Asks back, with this challenge. `lease_seconds` "" = the hub does not say.
  HttpAnswer verify(const Fields& asked, const std::string& challenge,
                    const std::string& lease_seconds = "86400") const;
  HttpAnswer push(const Fields& asked, const std::string& body, const std::string& signature) const;

 private:
  WebServer web_;
};

}  // namespace feedwire::tests
