#include "bench/nginx.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/unique_fd.h"
#include "bench/child.h"

namespace feedwire::bench {
namespace {

namespace fs = std::filesystem;

constexpr int kStartTries = 100;
constexpr std::chrono::milliseconds kStartGap{50};

[[noreturn]] void fail(const std::string& message) {
  fmt::print(stderr, "bench: nginx: {}\n", message);
  std::exit(1);
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) < 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0)
    fail("there is no free port");
  return ntohs(address.sin_port);
}

bool answers(std::uint16_t port) {
  const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// The one that `./dev bench` unpacked beside the programs of this build, or that of the system.
fs::path program() {
  const fs::path unpacked = built_program("").parent_path().parent_path() / "peers/nginx";
  for (const fs::path& path : {unpacked / "usr/sbin/nginx", fs::path("/usr/sbin/nginx")})
    if (fs::exists(path)) return path;
  fail("is not there: ./dev bench poll unpacks it");
}

}  // namespace

std::string Nginx::configuration(const fs::path& documents) const {
  // A root's files are not for nginx' usual user.
  const char* const user = ::geteuid() == 0 ? "user root;\n" : "";
  return fmt::format(
      R"({user}daemon off; master_process off; pid {dir}/pid; error_log {dir}/errors warn;
worker_rlimit_nofile 65536;
events {{ worker_connections 8192; multi_accept on; }}
http {{
  access_log off; sendfile on; tcp_nopush on; etag on; keepalive_timeout 65;
  types {{ application/rss+xml xml; }}
  client_body_temp_path {dir}/t; proxy_temp_path {dir}/t; fastcgi_temp_path {dir}/t;
  uwsgi_temp_path {dir}/t; scgi_temp_path {dir}/t;
  open_file_cache max=30000 inactive=600s; open_file_cache_valid 600s;
  root {documents};
  server {{ listen {http} backlog=8192; allow 127.0.0.0/8; deny all; }}
  server {{
    listen 127.0.0.1:{https} ssl backlog=8192; keepalive_timeout 0;
    ssl_certificate {certificate}; ssl_certificate_key {key};
    ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
  }}
}}
)",
      fmt::arg("user", user), fmt::arg("dir", dir_.path().native()),
      fmt::arg("documents", documents.native()), fmt::arg("http", http_port_),
      fmt::arg("https", https_port_), fmt::arg("certificate", certificate_file().native()),
      fmt::arg("key", identity_.key_file().native()));
}

Nginx::Nginx(const fs::path& documents) : http_port_(free_port()), https_port_(free_port()) {
  dir_.write("nginx.conf", configuration(documents));
  const std::string path = program().native(), config = dir_.path() / "nginx.conf";
  const std::string errors = dir_.path() / "errors";
  std::string words[] = {path, "-c", config, "-e", errors, "-p", dir_.path().native()};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (::posix_spawn(&child_, path.c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    fail("cannot be started");
  for (int i = 0; i < kStartTries; ++i) {
    if (answers(http_port_) && answers(https_port_)) return;
    if (::waitpid(child_, nullptr, WNOHANG) == child_) break;
    std::this_thread::sleep_for(kStartGap);
  }
  fail("does not answer: " + dir_.read("errors"));
}

Nginx::~Nginx() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
}

std::string Nginx::etag(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) < 0) fail(file.native() + " cannot be read");
  return fmt::format("\"{:x}-{:x}\"", status.st_mtim.tv_sec, status.st_size);
}

}  // namespace feedwire::bench
