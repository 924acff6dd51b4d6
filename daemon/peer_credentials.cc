#include "daemon/peer_credentials.h"

#include <grp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace feedwire::daemon {
namespace {

constexpr std::size_t kMaxGroupBytes = 1 << 20;  // a group entry with all its members' names

std::optional<gid_t> group_id(const char* name) {
  std::vector<char> buffer(4096);
  group entry{};
  group* found = nullptr;
  while (::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < kMaxGroupBytes)
    buffer.resize(buffer.size() * 2);
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

bool contains(const std::vector<gid_t>& groups, std::optional<gid_t> group) {
  return group && std::find(groups.begin(), groups.end(), *group) != groups.end();
}

}  // namespace

AccessPolicy access_policy() {
  return {.own_uid = ::geteuid(),
          .readers = group_id("feedwire"),
          .admins = group_id("feedwire-admin")};
}

Result<Peer> peer_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
    return errno_error("SO_PEERCRED");

  Peer peer{.uid = credentials.uid, .groups = std::vector<gid_t>(32)};
  size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
  // Too little room fails with ERANGE and tells how much is needed.
  while (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size) < 0) {
    if (errno != ERANGE || size <= peer.groups.size() * sizeof(gid_t))
      return errno_error("SO_PEERGROUPS");
    peer.groups.resize(size / sizeof(gid_t));
  }
  peer.groups.resize(size / sizeof(gid_t));
  peer.groups.push_back(credentials.gid);
  return peer;
}

Access access_of(const Peer& peer, const AccessPolicy& policy) {
  if (peer.uid == 0 || peer.uid == policy.own_uid) return Access::change;
  if (contains(peer.groups, policy.admins)) return Access::change;
  return contains(peer.groups, policy.readers) ? Access::read : Access::none;
}

}  // namespace feedwire::daemon
