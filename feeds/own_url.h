// Keeps the credential that a feed's own URL may have out of what its entries say (OP-13). Nobody
// writes it there: a reference such as "#note" resolves to that URL.

#pragma once

#include <string>
#include <string_view>

#include "feeds/feed.h"
#include "feeds/url.h"

namespace feedwire::feeds {

class OwnUrl {
 public:
  /// `url` is what relative references of the document are resolved with.
  OwnUrl(std::string_view url, const UrlRules& rules);

  /// In the texts of the entry; its keys stay those of the real URL. Other links are left as they
  /// are, also where the publisher put the credential into them.
  void hide_in(Entry& entry) const;

 private:
  std::string url_, shown_;           // without fragment; empty where there is no credential in it
  std::string canonical_, detailed_;  // the two forms that it may have as a canonical URL
};

}  // namespace feedwire::feeds
