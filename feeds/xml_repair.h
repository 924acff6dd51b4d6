// Broken XML made balanced, one pass, before libxml2 recovers the rest (parsed-feed P-11). libxml2
// alone closes the innermost element whatever an end tag says, ends the document with its first
// root, and loses a tag for one attribute without quotes: with the entries that follow.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedwire::feeds {

/// Gives `text` back in pieces that end between tokens. What the pieces add up to is one element
/// around everything, in which
/// - end tags match: what is still open inside is closed, and an end tag of nothing is dropped; if
///   it is no HTML's, it closes an element that holds text alone, as "</titel>" is meant to;
/// - `item`, `entry`, `p`, `li` and the like end where the next begins, `br` and `img` at once;
/// - attributes are quoted and have a name and a value; of one element there are no more than 128;
/// - "<" and "&" that begin nothing are text; comments, document types and controls are gone;
/// - a CDATA section that is never closed ends with the element around it;
/// - values of attributes end after 64 KiB;
/// - the processing instructions are ours: "<?line 7?>" in front of a start tag on another line
///   than the one before, "<?end?>" where the text ends, in front of the end tags that it lacks.
/// Namespaces are left alone. Used by one thread.
class XmlRepair {
 public:
  /// `text` is valid UTF-8 without NUL and must outlive this.
  explicit XmlRepair(std::string_view text) : text_(text) {}

  /// Appends the next piece to `out`. Returns false once it was the last.
  bool next(std::string& out);

 private:
  struct Open {
    std::string_view name;
    bool holds_text = false, holds_elements = false;
  };

  void end_document();
  void copy_text(std::size_t end);
  void read_text();
  void read_markup();
  void skip_past(std::string_view end);
  void read_cdata();
  std::size_t find_cdata_end();
  void write_cdata();
  void read_end_tag();
  void read_start_tag();
  void read_attributes();
  std::string_view read_value();
  std::string_view read_quoted(char quote);
  void write_attribute(std::string_view name, std::string_view value);
  void imply_end_tags(std::string_view name);
  void close_to(std::size_t depth);
  void move_to(std::size_t at);

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1, told_line_ = 1;
  bool started_ = false;
  std::string* out_ = nullptr;
  std::vector<Open> open_;
  std::string_view cdata_;          // what is still to be written of a section
  std::size_t next_cdata_end_ = 0;  // the first "]]>" from at_ on, if not in front of it
  // Of the tag that is being read.
  std::size_t attributes_ = 0;
  bool self_closing_ = false;
  // What does not come any more, so that nobody looks for it again and again.
  std::vector<std::string_view> never_;
  bool no_double_quote_ = false, no_single_quote_ = false;
};

}  // namespace feedwire::feeds
