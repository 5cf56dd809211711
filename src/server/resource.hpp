// A resource, or a template of many: what clients are told of it, and the function that reads it.
#pragma once

#include "server/completer.hpp"
#include "server/content.hpp"
#include "server/function.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

// Bytes that are no text.
struct Blob {
  std::string bytes;
};

struct ResourceContents {
  std::string uri = {};        // empty: the one that was read
  std::string mime_type = {};  // empty: what was said of the resource
  std::string data = {};
  bool binary = false;

  ResourceContents() = default;
  ResourceContents(std::string text) : data(std::move(text)) {}
  ResourceContents(const char* text) : data(text) {}
  ResourceContents(Blob blob) : data(std::move(blob.bytes)), binary(true) {}
};

struct ReadResult {
  std::vector<ResourceContents> contents = {};
};

class Resource {
 public:
  enum class Kind : std::uint8_t { one, many };
  // `uri`: for `many` a URI template with {variables}, each of which is a part of a path, or a rest of it
  // where it is written {+variable}. Throws ToolDefinitionError for another template.
  Resource(Kind kind, std::string_view uri, std::string_view name, std::string_view description,
           detail::Body<ReadResult> body);

  Resource& title(std::string_view title);
  Resource& mime_type(std::string_view type);
  Resource& size(std::uint64_t bytes);
  Resource& annotate(const Annotations& annotations);
  Resource& icon(const Icon& icon);
  Resource& meta(std::string_view key, const Json& value);
  // How long a modern client may keep what it read; not at all unless it is said.
  Resource& keep_for(std::chrono::milliseconds time);
  Resource& complete(std::string_view variable, Completer completer);

  Kind kind() const noexcept { return kind_; }
  const std::string& uri() const noexcept { return uri_; }
  const std::string& type() const noexcept { return mime_type_; }
  std::chrono::milliseconds kept_for() const noexcept { return keep_; }
  const Completers& completers() const noexcept { return completers_; }
  const detail::Body<ReadResult>& body() const noexcept { return body_; }
  std::string definition() const { return definition_.text(); }
  // The arguments object for the function, if the URI is of this resource.
  std::optional<std::string> match(std::string_view uri) const;

 private:
  Kind kind_;
  std::string uri_;
  std::string mime_type_;
  std::chrono::milliseconds keep_{0};
  detail::Body<ReadResult> body_;
  Completers completers_;
  Json definition_;
};

namespace detail {

// The names of a template's variables, in their order.
std::vector<std::string> template_variables(std::string_view uri_template);

template <>
struct Giving<ReadResult> {
  static ReadResult made(ReadResult result) { return result; }
  static ReadResult made(ResourceContents contents) { return {{std::move(contents)}}; }
  static ReadResult made(std::vector<ResourceContents> contents) { return {std::move(contents)}; }
  static ReadResult made(std::string text) { return made(ResourceContents(std::move(text))); }
  static ReadResult made(const char* text) { return made(ResourceContents(text)); }
  static ReadResult made(Blob blob) { return made(ResourceContents(std::move(blob))); }
  static ReadResult made(const Json& value);
};

// Parameters of the function are the variables, in their order.
template <class F>
Body<ReadResult> make_resource_body(F function, std::string_view uri_template) {
  const std::vector<std::string> names = template_variables(uri_template);
  std::vector<Param> params;
  for (const std::string& name : names) params.push_back({name});
  return make_body<ReadResult>(std::move(function), params);
}

}  // namespace detail
}  // namespace sallyport
