// What a request over TCP has to show before anything else of it is looked at (security S20).

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "daemon/api_message.h"
#include "daemon/host_guard.h"

namespace feedwire::daemon {

/// Bounds of a token, in bytes.
inline constexpr std::size_t kMinTokenBytes = 16, kMaxTokenBytes = 1024;

/// Immutable; any thread.
class TcpGuard {
 public:
  /// Takes the token from a file: its text without the white space around it, visible ASCII.
  /// Errors, with the path: invalid_argument (too short, too long, other characters), permission
  /// (the file may not be read, or others than its owner and group may), not_found, io.
  static Result<TcpGuard> open(const std::filesystem::path& token_file);

  /// Why a request is not answered: 421 where its Host is none of this machine's, so that no page
  /// of a stranger gets here by a name that it has let point here (DNS rebinding); 401 without the
  /// token. `host` and `authorization` are the fields as they came, empty = not there.
  std::optional<ApiReply> refuse(std::string_view host, std::string_view authorization) const;

  /// The first part of refuse() alone: for what is no secret.
  std::optional<ApiReply> refuse_host(std::string_view host) const;

 private:
  explicit TcpGuard(std::string token) : token_(std::move(token)) {}

  std::string token_;
  HostGuard hosts_;
};

}  // namespace feedwire::daemon
