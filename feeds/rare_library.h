// Libraries that hardly any document needs: libxml2, which brings 40 MB of ICU along, for broken
// XML, and uchardet for bytes that do not say their encoding. They are loaded on first need, so
// that starting feedwire-parse does not pay for them; their headers are all that we build with.

#pragma once

#include <libxml/parser.h>
#include <uchardet.h>

#include "base/result.h"

namespace feedwire::feeds {

/// What recovery calls of libxml2.so.2, each under its own name without "xml".
struct Libxml2 {
  decltype(&::xmlCreatePushParserCtxt) create_push_parser = nullptr;
  decltype(&::xmlCtxtUseOptions) use_options = nullptr;
  decltype(&::xmlParseChunk) parse_chunk = nullptr;
  decltype(&::xmlCtxtGetLastError) last_error = nullptr;
  decltype(&::xmlFreeDoc) free_doc = nullptr;
  decltype(&::xmlFreeParserCtxt) free_parser = nullptr;
};

/// What detection calls of libuchardet.so.0.
struct Uchardet {
  decltype(&::uchardet_new) create = nullptr;
  decltype(&::uchardet_handle_data) handle_data = nullptr;
  decltype(&::uchardet_data_end) data_end = nullptr;
  decltype(&::uchardet_get_charset) charset = nullptr;
  decltype(&::uchardet_delete) destroy = nullptr;
};

/// The library, loaded by the first call of any thread and then kept. libxml2 is set up to look up
/// neither external entities nor catalogs, for the whole process (security S9). Errors:
/// unavailable, naming the package to install; the same on every later call.
Result<const Libxml2*> libxml2();
Result<const Uchardet*> uchardet();

/// Loads both, so that neither opens a file later. A parse worker calls this and
/// preload_encodings() (feeds/encoding.h) once, before its sandbox closes. Errors: unavailable.
Result<void> load_rare_libraries();

}  // namespace feedwire::feeds
