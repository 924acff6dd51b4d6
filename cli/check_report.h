// What `feedwire fsck` and `feedwire log verify` have in common: progress, findings, exit code.

#pragma once

#include <string>

#include "base/exit_code.h"
#include "base/json_writer.h"
#include "storage/findings.h"
#include "storage/log_verify.h"

namespace feedwire::cli {

/// Shows on standard error how much of the log is read, where that is a terminal; else empty.
storage::Progress progress_meter();

/// The members "clean", "findings" [{"code","text"}] and "counts" {code: number}, for counts()
/// beyond those told.
void append_findings(JsonWriter& json, const storage::Findings& findings);

/// Each finding on a line of its own, and how many there are beyond those.
void print_findings(const storage::Findings& findings);

/// OP-9: ok or data.
ExitCode exit_code_of(const storage::Findings& findings);

}  // namespace feedwire::cli
