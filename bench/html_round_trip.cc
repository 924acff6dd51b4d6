#include "bench/html_round_trip.h"

#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>

#include <memory>

namespace feedwire::bench {

std::string html_round_trip(std::string_view html) {
  constexpr int kQuietly =
      HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET;
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> tree(
      htmlReadMemory(html.data(), static_cast<int>(html.size()), nullptr, "UTF-8", kQuietly),
      &xmlFreeDoc);
  if (!tree) return {};
  const std::unique_ptr<xmlBuffer, decltype(&xmlBufferFree)> out(
      xmlBufferCreateSize(html.size() + 256), &xmlBufferFree);
  const xmlNode* const root = xmlDocGetRootElement(tree.get());
  const xmlNode* const body = root == nullptr ? nullptr : root->children;
  for (xmlNode* node = body == nullptr ? nullptr : body->children; node != nullptr;
       node = node->next)
    htmlNodeDump(out.get(), tree.get(), node);
  return {reinterpret_cast<const char*>(xmlBufferContent(out.get())),
          static_cast<std::size_t>(xmlBufferLength(out.get()))};
}

}  // namespace feedwire::bench
