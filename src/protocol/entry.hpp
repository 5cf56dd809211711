// One entry of a list that a server keeps, whatever the list: read from what it sent, rendered for a client.
#pragma once

#include "json/scanner.hpp"
#include "protocol/lists.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::protocol {

struct Entry {
  std::string key;         // the name, the URI or the URI template that the server gives it
  std::string definition;  // the JSON text
};

// Nothing if it is none that a client could use; `note` then says why. Members that the spec knows and that
// have another type than it says are left out, where an entry can do without them: a strict client would
// refuse the whole list for one of them, other servers' entries included.
std::optional<Entry> read_entry(List list, std::string_view bytes, const json::Value& element,
                                std::string& note);

// The definition for a list: under the key that it has there (empty: its own), and without what the revision
// does not know.
std::string render_entry(List list, std::string_view definition, std::string_view shown, Revision revision);

}  // namespace sallyport::protocol
