// Edits JSON with comments in place: members of one object go, one comes, every other byte of the file stays.
#pragma once

#include "json/scanner.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::config {

// `text` as strict JSON of the same length: comments, trailing commas and a byte order mark become spaces, so
// that whatever json::scan finds in it stands at the same place in `text`. What is neither JSON nor one of
// these stays as it is, for the scan to refuse.
std::string blank_jsonc(std::string_view text);

// An object to write: its members with their values as JSON texts of one line.
struct JsonObject {
  std::vector<std::pair<std::string, std::string>> members;
};

// One edit of one object.
struct ObjectEdit {
  json::Span object;          // in the blanked text
  std::vector<bool> removed;  // one entry for each of its members; the comments before a member go with it
  std::string key;            // of the member that comes, where the first of the removed was, or at the end
  JsonObject value;
};

// `strict` is blank_jsonc(text), which scanned; `key` is none of the members that stay. Indentation, line
// ends and the habit of a trailing comma are taken from the file.
std::string edit_jsonc(std::string_view text, std::string_view strict, const ObjectEdit& edit);

// "{ "a": 1 }" on one line.
std::string render_object(const JsonObject& object);

}  // namespace sallyport::config
