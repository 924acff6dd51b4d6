#include "tests/support/tls_identity.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <string_view>

namespace feedwire::tests {
namespace {

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("TlsIdentity: ") + what);
}

void add_extension(X509* certificate, int name, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, name, value);
  require(extension != nullptr, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* self_signed(EVP_PKEY* key) {
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("feedwire test"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
  require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign");
  return certificate;
}

}  // namespace

TlsIdentity::TlsIdentity() : context_(SSL_CTX_new(TLS_server_method())) {
  require(context_ != nullptr, "context");
  EVP_PKEY* key = EVP_EC_gen("P-256");
  require(key != nullptr, "key");
  X509* certificate = self_signed(key);
  require(SSL_CTX_use_certificate(context_, certificate) == 1, "certificate");
  require(SSL_CTX_use_PrivateKey(context_, key) == 1, "private key");
  SSL_CTX_set_alpn_select_cb(context_, &TlsIdentity::choose_protocol, this);

  std::FILE* file = std::fopen(certificate_file().c_str(), "wb");
  require(file != nullptr && PEM_write_X509(file, certificate) == 1, "write the certificate");
  std::fclose(file);
  file = std::fopen(key_file().c_str(), "wb");
  require(file != nullptr && PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr),
          "write the private key");
  std::fclose(file);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TlsIdentity::~TlsIdentity() { SSL_CTX_free(context_); }

void TlsIdentity::accept_http2() {
  const std::lock_guard lock(mutex_);
  http2_ = true;
}

std::string TlsIdentity::offered_protocols() const {
  const std::lock_guard lock(mutex_);
  return offered_;
}

int TlsIdentity::choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                                 const unsigned char* offered, unsigned offered_size, void* self) {
  auto& identity = *static_cast<TlsIdentity*>(self);
  const std::string_view list(reinterpret_cast<const char*>(offered), offered_size);
  const std::lock_guard lock(identity.mutex_);
  identity.offered_.clear();
  int verdict = SSL_TLSEXT_ERR_NOACK;
  for (std::size_t at = 0; at < list.size();) {
    const std::size_t size = static_cast<unsigned char>(list[at]);
    const std::string_view protocol = list.substr(at + 1, size);
    if (!identity.offered_.empty()) identity.offered_ += ',';
    identity.offered_ += protocol;
    const bool agrees = protocol == "h2" ? identity.http2_ : protocol == "http/1.1";
    if (agrees && verdict != SSL_TLSEXT_ERR_OK) {
      *out = offered + at + 1;
      *out_size = static_cast<unsigned char>(size);
      verdict = SSL_TLSEXT_ERR_OK;
    }
    at += 1 + size;
  }
  return verdict;
}

}  // namespace feedwire::tests
