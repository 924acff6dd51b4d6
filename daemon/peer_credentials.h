// Who is at the other end of a Unix socket, and what that one may do (security S21). The kernel
// vouches for it: the socket file itself is open to everybody.

#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "base/result.h"

namespace feedwire::daemon {

enum class Access { none, read, change };  // each includes those before it

/// Root, the daemon's own user and the admins may change things, the readers may read.
struct AccessPolicy {
  uid_t own_uid = 0;
  std::optional<gid_t> readers;  // group feedwire; absent if there is no such group
  std::optional<gid_t> admins;   // group feedwire-admin
};

/// The policy of this process and this machine.
AccessPolicy access_policy();

struct Peer {
  uid_t uid = 0;
  std::vector<gid_t> groups;  // the primary one too
};

/// Who connected the socket, as of connect(2): SO_PEERCRED and SO_PEERGROUPS (unix(7)). Errors: io.
Result<Peer> peer_of(int socket);

Access access_of(const Peer& peer, const AccessPolicy& policy);

}  // namespace feedwire::daemon
