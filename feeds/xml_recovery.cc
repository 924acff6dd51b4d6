#include "feeds/xml_recovery.h"

#include <fmt/format.h>

#include <new>
#include <optional>

#include "feeds/ascii.h"
#include "feeds/parse.h"
#include "feeds/rare_library.h"
#include "feeds/values.h"
#include "feeds/xml_repair.h"

namespace feedwire::feeds {
namespace {

std::string_view view_of(const xmlChar* text) {
  return text == nullptr ? std::string_view{} : reinterpret_cast<const char*>(text);
}

// What is not ended by NUL.
std::string_view view_of(const xmlChar* text, int size) {
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

// The tree that libxml2's events describe. After an error it no longer grows.
class TreeBuilder {
 public:
  explicit TreeBuilder(RecoveredXml& out) : out_(out), node_(out.tree) {}

  void start(std::string_view name, const xmlChar** attributes) {
    if (error_) return;
    add_text();
    // What XmlRepair put around everything is no part of the tree.
    if (++depth_ == 1) return;
    if (depth_ > kMaxDepth + 1) return fail("elements nested deeper than", kMaxDepth);
    node_ = checked(node_.append_child(name.data()));
    out_.lines[node_.hash_value()] = line_;
    for (; attributes != nullptr && *attributes != nullptr; attributes += 2) {
      checked(node_.append_attribute(view_of(attributes[0]).data()))
          .set_value(without_escapes(view_of(attributes[1])).c_str());
    }
  }

  void end() {
    if (error_) return;
    add_text();
    --depth_;
    if (depth_ > 0) node_ = node_.parent();
  }

  void add(std::string_view text, pugi::xml_node_type type) {
    if (depth_ <= 1 || error_) return;
    if (type != text_type_) add_text();
    text_type_ = type;
    text_ += text;
  }

  void instruct(std::string_view target, std::string_view data) {
    if (target == "line") {
      line_ = parse_number<std::uint32_t>(data).value_or(line_);
    } else if (target == "end") {
      cut_entry();
    }
  }

  const std::optional<Error>& error() const { return error_; }

 private:
  // In its events libxml2 escapes "&", and nothing else, within values.
  static std::string without_escapes(std::string_view value) {
    constexpr std::string_view kEscape = "&#38;";
    std::string out(value);
    std::size_t kept = 0;
    for (std::size_t at = 0; at < value.size(); ++at) {
      out[kept++] = value[at];
      if (value.substr(at).starts_with(kEscape)) at += kEscape.size() - 1;
    }
    out.resize(kept);
    return out;
  }

  void add_text() {
    if (text_.empty()) return;
    checked(node_.append_child(text_type_)).set_value(text_.c_str());
    text_.clear();
  }

  // Counts a new node or attribute, which is none where memory has run out.
  template <typename Node>
  Node checked(Node made) {
    if (!made) throw std::bad_alloc();
    if (++nodes_ > kMaxNodes) fail("more nodes than", kMaxNodes);
    return made;
  }

  // The outermost counts: "item" in an item is somebody else's. A root is kept: it is all there is.
  void cut_entry() {
    pugi::xml_node cut;
    for (pugi::xml_node node = node_; node.parent().parent(); node = node.parent())
      if (iequals_ascii(node.name(), "item") || iequals_ascii(node.name(), "entry")) cut = node;
    if (!cut) return;
    out_.cut_entry = cut.name();
    out_.cut_line = out_.lines[cut.hash_value()];
    cut.set_name(kCutEntry);
  }

  void fail(std::string_view what, std::size_t limit) {
    if (error_) return;
    error_ = Error{ErrorCode::too_large, fmt::format("XML at line {}: {} {}", line_, what, limit)};
  }

  RecoveredXml& out_;
  pugi::xml_node node_;
  std::size_t depth_ = 0, nodes_ = 0;
  std::uint32_t line_ = 1;
  std::string text_;
  pugi::xml_node_type text_type_ = pugi::node_pcdata;
  std::optional<Error> error_;
};

// What libxml2 hands to each handler. No exception may pass through its frames, which are C.
struct Receiver {
  TreeBuilder& builder;
  bool no_memory = false;
};

template <typename Handle>
void receive(void* context, Handle handle) {
  Receiver& receiver = *static_cast<Receiver*>(context);
  if (receiver.no_memory) return;
  try {
    handle(receiver.builder);
  } catch (const std::bad_alloc&) {
    receiver.no_memory = true;  // PushParser::parse() throws it again
  }
}

// SAX 1: without namespaces, which are ours to judge, attributes come in order and as written.
xmlSAXHandler event_handlers() {
  xmlSAXHandler handlers = {};
  handlers.startElement = [](void* context, const xmlChar* name, const xmlChar** attributes) {
    receive(context, [&](TreeBuilder& builder) { builder.start(view_of(name), attributes); });
  };
  handlers.endElement = [](void* context, const xmlChar*) {
    receive(context, [](TreeBuilder& builder) { builder.end(); });
  };
  handlers.characters = [](void* context, const xmlChar* text, int size) {
    receive(context,
            [&](TreeBuilder& builder) { builder.add(view_of(text, size), pugi::node_pcdata); });
  };
  handlers.ignorableWhitespace = handlers.characters;
  handlers.cdataBlock = [](void* context, const xmlChar* text, int size) {
    receive(context,
            [&](TreeBuilder& builder) { builder.add(view_of(text, size), pugi::node_cdata); });
  };
  handlers.processingInstruction = [](void* context, const xmlChar* target, const xmlChar* data) {
    receive(context,
            [&](TreeBuilder& builder) { builder.instruct(view_of(target), view_of(data)); });
  };
  return handlers;
}

// Owns a push parser and what it may have made beside the events.
class PushParser {
 public:
  PushParser(const Libxml2& library, TreeBuilder& builder) : library_(library), receiver_{builder} {
    xmlSAXHandler handlers = event_handlers();
    parser_ = library_.create_push_parser(&handlers, &receiver_, nullptr, 0, nullptr);
    if (parser_ == nullptr) throw std::bad_alloc();
    library_.use_options(
        parser_, XML_PARSE_RECOVER | XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  }
  PushParser(const PushParser&) = delete;
  PushParser& operator=(const PushParser&) = delete;
  ~PushParser() {
    if (parser_->myDoc != nullptr) library_.free_doc(parser_->myDoc);
    library_.free_parser(parser_);
  }

  void parse(std::string_view piece, bool last) {
    library_.parse_chunk(parser_, piece.data(), static_cast<int>(piece.size()), last ? 1 : 0);
    if (receiver_.no_memory) throw std::bad_alloc();
  }

  // Nothing while it reads on.
  Result<void> check() const {
    if (parser_->disableSAX == 0) return {};
    const xmlError* const error = library_.last_error(parser_);
    const char* const message = error == nullptr ? nullptr : error->message;
    return Error{ErrorCode::malformed,
                 fmt::format("libxml2 gave up: {}", trim(message == nullptr ? "" : message))};
  }

 private:
  const Libxml2& library_;
  Receiver receiver_;
  xmlParserCtxtPtr parser_;
};

}  // namespace

Result<void> recover_xml(std::string_view text, RecoveredXml& out) {
  const Result<const Libxml2*> library = libxml2();
  if (!library) return library.error();
  TreeBuilder builder(out);
  PushParser parser(**library, builder);
  XmlRepair repair(text);
  std::string piece;
  for (bool more = true; more;) {
    piece.clear();
    more = repair.next(piece);
    parser.parse(piece, !more);
    if (builder.error()) return *builder.error();
    if (Result<void> reads_on = parser.check(); !reads_on) return reads_on;
  }
  return {};
}

}  // namespace feedwire::feeds
