// A certificate of our own for the tests' TLS servers, made anew each time.

#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "tests/support/temp_dir.h"

struct ssl_ctx_st;
struct ssl_st;

namespace feedwire::tests {

/// A self-signed certificate for 127.0.0.1 and localhost with its private key. May be shared by
/// servers on many threads.
class TlsIdentity {
 public:
  TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  ~TlsIdentity();

  /// The certificate as a PEM file: who trusts it accepts these servers.
  std::filesystem::path certificate_file() const { return dir_.path() / "certificate.pem"; }

  /// Its private key, likewise: for a server in another process.
  std::filesystem::path key_file() const { return dir_.path() / "key.pem"; }

  /// From now on its servers agree to HTTP/2, which they may then break.
  void accept_http2();

  /// An OpenSSL context that answers with this certificate and speaks HTTP/1.1.
  ssl_ctx_st* context() const { return context_; }

  /// The protocols that the last client offered by ALPN (RFC 7301), comma-separated.
  std::string offered_protocols() const;

 private:
  static int choose_protocol(ssl_st*, const unsigned char** out, unsigned char* out_size,
                             const unsigned char* offered, unsigned offered_size, void* self);

  TempDir dir_;
  ssl_ctx_st* context_ = nullptr;
  mutable std::mutex mutex_;
  std::string offered_;  // guarded by mutex_
  bool http2_ = false;   // likewise
};

}  // namespace feedwire::tests
