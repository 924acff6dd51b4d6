// By which names this machine may be asked over HTTP, and by whose pages (security S20).

#pragma once

#include <string>
#include <string_view>

namespace feedwire::daemon {

/// Immutable; any thread.
class HostGuard {
 public:
  HostGuard();

  /// Whether a Host field names this machine so that nobody can have made it point here: an
  /// address, localhost, *.localhost, the machine's name.
  bool is_ours(std::string_view host) const;

  /// For the Unix socket, to which a tunnel may lead from where a browser runs. A page of
  /// somebody else's gets there by a name that it has let point to the tunnel (DNS rebinding),
  /// which has a dot in it; or its Origin is another one than `host`. No other program sends an
  /// Origin, and it may call the socket by any word. Empty = the field was not there.
  bool is_page_of_others(std::string_view host, std::string_view origin) const;

 private:
  std::string machine_;  // its name, in lower case
};

}  // namespace feedwire::daemon
