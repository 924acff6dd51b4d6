// The documents that benchmarks read: those of a folder, or look-alikes of our own making.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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

/// The files *.xml of `dir`, by name. Ends the program with a message where there are none or one
/// cannot be read.
Corpus load_corpus(const std::filesystem::path& dir);

/// Documents as the web has them: seven in ten RSS 2.0, two Atom, one RDF; seven in ten of 10 short
/// entries, the others of 30 or 50 with HTML; two thirds of them Chinese. The same seed gives the
/// same documents; no link occurs twice.
Corpus generate_corpus(std::uint64_t seed, std::size_t documents);

/// RSS 2.0 documents of `size_bytes`, and up to one entry more, of short and long entries.
Corpus generate_corpus_of_size(std::uint64_t seed, std::size_t documents, std::size_t size_bytes);

}  // namespace feedwire::bench
