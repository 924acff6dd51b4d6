// Time zones by name, compiled in: the feed reader has no zone files, and a date must mean the same
// on every machine.

#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace feedwire {

/// How far the zone `name` (lower case) is ahead of UTC at the local time `local`. An abbreviation
/// is taken literally: "cest" is +02:00 in January too. Of a place ("europe/berlin") today's rules
/// for summer time count, in the United States those of 1987 to 2006 as well; where a place changed
/// its standard time, its present one is used. Nothing for a name that is not known.
std::optional<std::chrono::minutes> zone_offset(std::string_view name,
                                                std::chrono::local_seconds local);

/// The same for a zone as an operator writes it: "+08:00", "-03:30", or a name in any case. "" is
/// UTC.
std::optional<std::chrono::minutes> configured_offset(std::string_view zone,
                                                      std::chrono::local_seconds local);

}  // namespace feedwire
