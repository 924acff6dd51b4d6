#include "daemon/link_header.h"

#include <catch2/catch.hpp>

namespace feedwire::daemon {
namespace {

HttpResponse with_links(std::vector<std::string> values) {
  HttpResponse response;
  response.final_url = "https://news.example/feed/atom";
  for (std::string& value : values) response.headers.emplace_back("link", std::move(value));
  return response;
}

}  // namespace

TEST_CASE("W-1 links are found in one header or several, whatever their spelling", "[websub]") {
  const HttpResponse response = with_links(
      {R"(<https://a.example/>; rel="prev next", <https://hub.example/?a,b;c>;REL = hub)",
       R"(</feed>; title="<x>; rel=hub, \"self\""; rel="Self alternate")"});
  CHECK(linked_url(response, "hub") == "https://hub.example/?a,b;c");
  CHECK(linked_url(response, "self") == "https://news.example/feed");
  CHECK(linked_url(response, "next") == "https://a.example/");
  CHECK(linked_url(response, "sel").empty());
}

TEST_CASE("W-1 the first link that says it of this document and can be asked counts", "[websub]") {
  CHECK(linked_url(with_links({"<https://x.example/>; rel=hub; anchor=\"#part\"",
                               "<javascript:1>; rel=hub", "<https://y.example/>; rel=hub"}),
                   "hub") == "https://y.example/");
  CHECK(linked_url(with_links({"<https://x.example/>; rel=prev; rel=hub"}), "hub").empty());
}

TEST_CASE("a header that is no list of links is read as far as it is one", "[websub]") {
  for (const char* const value : {"", ",,", "<", "<>", "<https://x.example/", "nonsense; rel=hub",
                                  "<https://x.example/>; rel=\"hub", "<https://x.example/>;;;"}) {
    INFO(value);
    const std::string found = linked_url(with_links({value}), "hub");
    CHECK((found.empty() || found == "https://x.example/"));
  }
}

}  // namespace feedwire::daemon
