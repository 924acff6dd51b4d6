// HTML from strangers: made safe, made text, searched for feeds.

#include "fuzz/document.h"
#include "fuzz/harness.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view html = fuzz::as_text(data, size);
  fuzz::check_sanitizer(html, "https://base.example/dir/page");
  fuzz::check_text(html);
  return 0;
}
