// The table of keys for editors and for the documentation: a JSON Schema and a table in Markdown.
#pragma once

#include <string>

namespace sallyport::config {

// Draft 2020-12, indented, with a line end; lists exactly the keys that this build enforces.
std::string json_schema();

// One row for each enforced key.
std::string key_table_markdown();

}  // namespace sallyport::config
