// What an operator's changes at run time come to beside the configuration and what is there
// already. Pure.

#pragma once

#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "daemon/api_backend.h"
#include "storage/store.h"

namespace feedwire::daemon {

/// Leaves in `changes` what is to be done, and returns what became of each feed that was to be
/// added. One that the configuration names, or that was added before under another spelling of its
/// URL, is none; what was added before gains the tags (H-74). `known` is Store::operator_feeds().
/// Errors: invalid_argument (the configuration names a feed that was to be removed, and where; the
/// name of a new one is taken). The changes are then not to be made.
Result<FeedsChanged> settle_changes(const std::vector<config::FeedConfig>& configured,
                                    const std::vector<storage::OperatorFeed>& known,
                                    storage::FeedChanges& changes);

}  // namespace feedwire::daemon
