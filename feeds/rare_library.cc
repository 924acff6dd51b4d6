#include "feeds/rare_library.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <libxml/catalog.h>
#include <libxml/xmlIO.h>

namespace feedwire::feeds {
namespace {

// A shared library and what it lacks, if anything. Never closed: its functions stay in use.
class SharedLibrary {
 public:
  SharedLibrary(const char* file, const char* package)
      : file_(file), package_(package), handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) missing_ = ::dlerror();
  }

  template <typename Function>
  void find(const char* name, Function& function) {
    if (handle_ == nullptr) return;
    function = reinterpret_cast<Function>(::dlsym(handle_, name));
    if (function == nullptr) missing_ = ::dlerror();
  }

  Result<void> check() const {
    if (missing_.empty()) return {};
    return Error{ErrorCode::unavailable,
                 fmt::format("load {}: {}; install the package {}", file_, missing_, package_)};
  }

 private:
  const char* const file_;
  const char* const package_;
  void* const handle_;
  std::string missing_;
};

xmlParserInputPtr refuse_external_entity(const char*, const char*, xmlParserCtxtPtr) {
  return nullptr;
}

Result<Libxml2> load_libxml2() {
  SharedLibrary library("libxml2.so.2", "libxml2");
  Libxml2 functions;
  library.find("xmlCreatePushParserCtxt", functions.create_push_parser);
  library.find("xmlCtxtUseOptions", functions.use_options);
  library.find("xmlParseChunk", functions.parse_chunk);
  library.find("xmlCtxtGetLastError", functions.last_error);
  library.find("xmlFreeDoc", functions.free_doc);
  library.find("xmlFreeParserCtxt", functions.free_parser);
  decltype(&::xmlInitParser) init_parser = nullptr;
  decltype(&::xmlSetExternalEntityLoader) set_external_entity_loader = nullptr;
  decltype(&::xmlCatalogSetDefaults) set_catalog_defaults = nullptr;
  library.find("xmlInitParser", init_parser);
  library.find("xmlSetExternalEntityLoader", set_external_entity_loader);
  library.find("xmlCatalogSetDefaults", set_catalog_defaults);
  if (Result<void> complete = library.check(); !complete) return std::move(complete).error();

  init_parser();
  set_external_entity_loader(refuse_external_entity);
  set_catalog_defaults(XML_CATA_ALLOW_NONE);
  return functions;
}

Result<Uchardet> load_uchardet() {
  SharedLibrary library("libuchardet.so.0", "libuchardet0");
  Uchardet functions;
  library.find("uchardet_new", functions.create);
  library.find("uchardet_handle_data", functions.handle_data);
  library.find("uchardet_data_end", functions.data_end);
  library.find("uchardet_get_charset", functions.charset);
  library.find("uchardet_delete", functions.destroy);
  if (Result<void> complete = library.check(); !complete) return std::move(complete).error();
  return functions;
}

}  // namespace

Result<const Libxml2*> libxml2() {
  static const Result<Libxml2> loaded = load_libxml2();
  if (!loaded) return loaded.error();
  return &loaded.value();
}

Result<const Uchardet*> uchardet() {
  static const Result<Uchardet> loaded = load_uchardet();
  if (!loaded) return loaded.error();
  return &loaded.value();
}

Result<void> load_rare_libraries() {
  if (const Result<const Libxml2*> loaded = libxml2(); !loaded) return loaded.error();
  if (const Result<const Uchardet*> loaded = uchardet(); !loaded) return loaded.error();
  return {};
}

}  // namespace feedwire::feeds
