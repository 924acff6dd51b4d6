// JSON Feed documents, without a Content-Type in front.

#include "fuzz/document.h"
#include "fuzz/harness.h"

using namespace feedwire;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const feeds::Source source{"https://feeds.example/dir/feed", "application/feed+json"};
  fuzz::check_document(fuzz::as_text(data, size), source);
  return 0;
}
