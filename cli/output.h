#pragma once

#include <string>
#include <string_view>

#include "base/exit_code.h"

namespace feedwire::cli {

/// Standard output, written in groups of whole lines. Whoever read it and went away is no error
/// (events 4): SIGPIPE is to be ignored. Used by one thread.
class Output {
 public:
  /// `line` is without its LF. It may be written at once, or by the next flush().
  void add(std::string_view line);
  /// For text that ends its lines on its own.
  void add_raw(std::string_view text);
  void flush();

  bool closed() const { return closed_; }  // nobody reads it any more
  /// closed(), or a write has failed: nothing more will be written.
  bool done() const { return closed_ || error_ != 0; }
  /// Says on standard error what failed, if something did.
  ExitCode finish() const;

 private:
  std::string buffer_;
  bool closed_ = false;
  int error_ = 0;  // errno of a failed write, or 0
};

}  // namespace feedwire::cli
