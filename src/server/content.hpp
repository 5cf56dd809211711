// What a tool gives back: blocks of content, a structured value, or both.
#pragma once

#include "server/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

// For whom a block or a resource is, how much it matters, and how old it is.
struct Annotations {
  std::vector<std::string> audience = {};  // "user", "assistant"
  std::optional<double> priority = {};     // 0 to 1
  std::string last_modified = {};          // ISO 8601

  Json json() const;
};

struct Icon {
  std::string src;  // https: or data:
  std::string mime_type = {};
  std::vector<std::string> sizes = {};  // "48x48", "any"
  std::string theme = {};               // "light" or "dark"

  Json json() const;
};

// One block. Data is given as bytes and encoded here.
class Content {
 public:
  // A text; bytes with their type ("image/png").
  static Content text(std::string_view text);
  static Content image(std::string_view bytes, std::string_view mime_type);
  static Content audio(std::string_view bytes, std::string_view mime_type);

  // A resource that the client may read, here or elsewhere; or one that comes along.
  struct Link {
    std::string uri;
    std::string name;
    std::string title = {};
    std::string description = {};
    std::string mime_type = {};
    std::optional<std::uint64_t> size = {};
  };
  static Content resource_link(const Link& link);
  static Content embedded_text(std::string_view uri, std::string_view text, std::string_view mime_type = {});
  static Content embedded_blob(std::string_view uri, std::string_view bytes, std::string_view mime_type = {});

  // Members of the block beside its data.
  Content& annotate(const Annotations& annotations);
  Content& meta(std::string_view key, const Json& value);

  // What it is, and how it looks on the wire in the newest revision.
  enum class Kind : std::uint8_t { text, image, audio, resource_link, resource };
  Kind kind() const noexcept { return kind_; }
  const Json& json() const noexcept { return json_; }

 private:
  Content(Kind kind, Json json) : kind_(kind), json_(std::move(json)) {}

  Kind kind_;
  Json json_;
};

// Who speaks in a prompt or a request to a model.
enum class Role : std::uint8_t { user, assistant };

// One message of a prompt or of a request to a model.
struct PromptMessage {
  Role role = Role::user;
  Content content;

  PromptMessage(Content of_user) : content(std::move(of_user)) {}
  PromptMessage(Role who, Content what) : role(who), content(std::move(what)) {}
};

// The outcome of a tool that did its work, or that says itself, with `is_error`, that it could not. Whoever
// wants the failure classified throws one of errors/exceptions.hpp or returns an Error instead.
struct ToolResult {
  std::vector<Content> content = {};
  std::optional<Json> structured = {};  // an object
  bool is_error = false;
  std::optional<Json> meta = {};  // an object

  ToolResult() = default;
  ToolResult(Content block) { content.push_back(std::move(block)); }
  ToolResult(std::vector<Content> blocks) : content(std::move(blocks)) {}

  static ToolResult error(std::string_view text);
};

}  // namespace sallyport
