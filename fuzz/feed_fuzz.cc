// Whole documents. Input: a Content-Type, a line break, the bytes. They come from a known URL
// unless the Content-Type is empty.

#include "fuzz/document.h"
#include "fuzz/harness.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::as_text(data, size);
  feeds::Source source;
  source.content_type = fuzz::take_until(bytes, '\n');
  if (!source.content_type.empty()) source.url = "https://feeds.example/dir/feed";
  fuzz::check_document(bytes, source);
  return 0;
}
