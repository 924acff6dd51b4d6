// nginx on loopback: a web server that costs little and that users know.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include "tests/support/temp_dir.h"
#include "tests/support/tls_identity.h"

namespace feedwire::bench {

/// Serves the files of a folder on every address of 127.0.0.0/8, from construction to destruction.
/// An answer to https ends its connection, and no TLS session can be taken up again.
class Nginx {
 public:
  /// Ends the benchmark with a message where nginx is not there or does not start.
  explicit Nginx(const std::filesystem::path& documents);
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;
  ~Nginx();

  std::uint16_t http_port() const { return http_port_; }
  std::uint16_t https_port() const { return https_port_; }
  /// What a client must trust, as a PEM file. It is valid for 127.0.0.1 alone.
  std::filesystem::path certificate_file() const { return identity_.certificate_file(); }

  /// The ETag that nginx gives the file.
  static std::string etag(const std::filesystem::path& file);

 private:
  std::string configuration(const std::filesystem::path& documents) const;

  tests::TlsIdentity identity_;
  tests::TempDir dir_;
  std::uint16_t http_port_, https_port_;
  pid_t child_ = -1;
};

}  // namespace feedwire::bench
