// HTML from strangers: made safe, made text, searched for feeds.

#include <string>

#include "base/utf8.h"
#include "fuzz/document.h"
#include "fuzz/harness.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string html = repair_utf8(fuzz::as_text(data, size));  // as decode() does
  fuzz::check_sanitizer(html, "https://base.example/dir/page");
  fuzz::check_text(html);
  return 0;
}
