// The zone of dates that name none (identity rule I-16).

#pragma once

#include <string_view>

namespace feedwire::feeds {

/// `configured`, where the operator named a zone; else that of `host` (url_host()), where
/// publishers write their local time; else "" for UTC. The result is for configured_offset().
std::string_view naive_zone(std::string_view configured, std::string_view host);

}  // namespace feedwire::feeds
