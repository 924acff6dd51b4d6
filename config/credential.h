// How the configuration names a secret that it does not hold.

#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace feedwire::config {

/// "credential:NAME": the file NAME of the folder that systemd keeps for the service
/// (systemd.exec(5), "Credentials").
inline constexpr std::string_view kCredentialPrefix = "credential:";

/// The name, if `value` names a credential, be it one or not.
inline std::optional<std::string_view> credential_name(std::string_view value) {
  if (!value.starts_with(kCredentialPrefix)) return std::nullopt;
  return value.substr(kCredentialPrefix.size());
}

/// 1 to 64 of A-Z a-z 0-9 . _ -, the first a letter or digit: a file beside others, whatever it is.
inline bool is_credential_name(std::string_view name) {
  constexpr std::size_t kMaxName = 64;
  const auto is_alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  };
  return !name.empty() && name.size() <= kMaxName && is_alphanumeric(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace feedwire::config
