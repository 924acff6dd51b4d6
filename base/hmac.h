// Signatures with a shared secret, and comparing what a stranger must not find out bit by bit.

#pragma once

#include <string>
#include <string_view>

namespace feedwire {

enum class HmacHash { sha1, sha256, sha384, sha512 };

/// HMAC (RFC 2104) of `message`, in lower-case hex.
std::string hmac_hex(HmacHash hash, std::string_view key, std::string_view message);

/// Whether both are the same, in a time that tells nothing but their lengths.
bool equal_in_constant_time(std::string_view a, std::string_view b);

}  // namespace feedwire
