// The documents that benchmarks read: the seed feeds where the environment names a folder with
// them, else look-alikes of our own making.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedwire::bench {

struct Document {
  std::string url;
  std::string bytes;
};

struct Corpus {
  std::string description;  // which it is, how many documents and bytes
  std::vector<Document> documents;
  std::size_t total_bytes = 0;
};

/// The files leiphone.xml, niaogebiji.xml and cls.xml of $FEEDWIRE_SHARED/seeds, or where that is
/// not set, generate_corpus(). Ends the program with a message where a file cannot be read.
Corpus seed_corpus();

/// Documents of the same shape: RSS 2.0 with HTML in CDATA, of 10 short, 30 or 50 long entries,
/// two thirds of them Chinese. The same seed gives the same documents; no link occurs twice.
Corpus generate_corpus(std::uint64_t seed, std::size_t documents);

}  // namespace feedwire::bench
