#include "protocol/rewrite.hpp"

#include "base/strings.hpp"
#include "json/splice.hpp"

#include <algorithm>
#include <array>

namespace sallyport::protocol {

namespace {

using json::Type;

constexpr std::string_view server_info_key = "io.modelcontextprotocol/serverInfo";
constexpr std::string_view degraded_key = "dev.sallyport/degraded";
constexpr std::size_t max_error_message = 1024;

json::Span shifted(json::Span span, std::uint32_t by) {
  return {span.begin - by, span.end - by};
}

// The same member in a text that starts `by` bytes later.
json::Member shifted(const json::Member& member, std::uint32_t by) {
  return {.key = shifted(member.key, by),
          .value = {.type = member.value.type, .span = shifted(member.value.span, by)},
          .bounds = shifted(member.bounds, by)};
}

// Members of _meta that only we may write.
bool is_reserved(std::string_view key_literal) {
  if (key_literal.find('\\') != std::string_view::npos) {
    const std::string key = json::unescape(key_literal);
    return key == "arcade" || key.starts_with("dev.sallyport/");
  }
  return key_literal == R"("arcade")" || key_literal.starts_with(R"("dev.sallyport/)");
}

// Collects the edits of one result.
class ResultEdit {
 public:
  ResultEdit(std::string_view bytes, const Message& response)
      : response_(response),
        offset_(response[Field::result].value.span.begin),
        text_(response.raw(Field::result, bytes)),
        splice_(text_) {}

  void towards_legacy(std::string_view degraded) {
    for (const Field field : {Field::result_type, Field::ttl_ms, Field::cache_scope}) drop(field);
    if (!response_.is(Field::structured_content, Type::object)) drop(Field::structured_content);
    edit_meta(Era::legacy, degraded);
  }

  void towards_modern(std::string_view degraded) {
    if (!response_.is(Field::result_type, Type::string)) {
      drop(Field::result_type);
      append(root(), "resultType", R"("complete")");
    }
    edit_meta(Era::modern, degraded);
  }

  std::string_view finish(std::string& storage) const {
    if (!changed_) return text_;
    storage.clear();
    storage.reserve(text_.size() + new_meta_.size() + 256);
    splice_.append_to(storage);
    return storage;
  }

 private:
  json::Span root() const { return {0, static_cast<std::uint32_t>(text_.size())}; }

  void drop(Field field) {
    if (response_.has(field)) drop(shifted(response_[field], offset_));
  }
  void drop(const json::Member& member) {
    splice_.remove(member);
    changed_ = true;
  }
  void append(json::Span object, std::string_view key, std::string_view json) {
    splice_.append_member(object, key, json);
    changed_ = true;
  }

  void edit_meta(Era era, std::string_view degraded) {
    if (!response_.is(Field::result_meta, Type::object)) {
      drop(Field::result_meta);
      add_meta(era, degraded);
      return;
    }
    const json::Span meta = shifted(response_[Field::result_meta].value.span, offset_);
    json::MemberCursor members(text_, meta);
    while (const auto member = members.next())
      if (is_reserved(member->key.of(text_))) drop(*member);
    drop(Field::result_server_info);
    if (era == Era::modern) append(meta, server_info_key, implementation());
    if (!degraded.empty()) append(meta, degraded_key, degraded);
  }

  // The splice keeps views: new_meta_ outlives it.
  void add_meta(Era era, std::string_view degraded) {
    append_result_meta(new_meta_, era, degraded);
    if (!new_meta_.empty()) append(root(), "_meta", new_meta_);
  }

  const Message& response_;
  std::uint32_t offset_;
  std::string_view text_;
  json::Splice splice_;
  std::string new_meta_;
  bool changed_ = false;
};

}  // namespace

std::string_view rewrite_result(std::string_view bytes, const Message& response, Revision client,
                                std::string& storage, std::string_view degraded) {
  ResultEdit edit(bytes, response);
  if (era(client) == Era::legacy) {
    edit.towards_legacy(degraded);
  } else {
    edit.towards_modern(degraded);
  }
  return edit.finish(storage);
}

std::string rewrite_progress(std::string_view bytes, const Message& notification, std::string_view token) {
  json::Splice splice(bytes);
  splice.replace(notification[Field::notified_token].value.span, token);
  if (notification.has(Field::meta)) splice.remove(notification[Field::meta]);
  return splice.to_string();
}

ResultClass classify_result(const Message& response, std::string_view bytes) {
  if (!response.has(Field::result_type)) return ResultClass::complete;
  std::string scratch;
  const auto word = response.text(Field::result_type, bytes, scratch);
  if (word == "complete") return ResultClass::complete;
  return word == "input_required" ? ResultClass::input_required : ResultClass::other;
}

// ---- Errors of an upstream.

namespace {

bool is_defined_in(int code, Revision client) {
  constexpr std::array standard{-32700, -32600, -32601, -32602, -32603};
  if (std::ranges::find(standard, code) != standard.end()) return true;
  if (era(client) == Era::modern) return code >= -32022 && code <= -32020;
  return code == -32002 || (code == -32042 && client == Revision::v2025_11_25);
}

int code_for(int code, Revision client) {
  constexpr int internal_error = -32603;
  constexpr int invalid_params = -32602;
  constexpr int resource_not_found = -32002;
  if (code == resource_not_found && era(client) == Era::modern) return invalid_params;
  const bool application_defined = code != 0 && (code < -32768 || code > -32000);
  return application_defined || is_defined_in(code, client) ? code : internal_error;
}

// Without C0, DEL and C1; clipped.
std::string plain_message(std::string_view text) {
  text = clip(text, max_error_message);
  std::string plain;
  plain.reserve(text.size());
  while (!text.empty()) {
    char32_t c = 0;
    const std::size_t length = std::max<std::size_t>(decode_utf8(text, c), 1);
    const bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    plain += control ? std::string_view(" ") : text.substr(0, length);
    text.remove_prefix(length);
  }
  return plain;
}

std::span<const std::string_view> spec_members(int code) {
  static constexpr std::array<std::string_view, 1> capability{"requiredCapabilities"};
  static constexpr std::array<std::string_view, 2> version{"supported", "requested"};
  static constexpr std::array<std::string_view, 1> elicitation{"elicitations"};
  static constexpr std::array<std::string_view, 1> resource{"uri"};
  switch (code) {
    case -32021:
      return capability;
    case -32022:
      return version;
    case -32042:
      return elicitation;
    case -32002:
    case -32602:
      return resource;
    default:
      return {};
  }
}

void append_spec_data(std::string& out, std::string_view bytes, const json::Value& data, int code) {
  if (!data.is(Type::object)) return;
  std::string members;
  for (const std::string_view key : spec_members(code)) {
    const json::Member member = json::find_member(bytes, data.span, key);
    if (!member) continue;
    members += members.empty() ? R"(,"data":{)" : ",";
    json::append_quoted(members, key);
    members += ':';
    members += member.value.of(bytes);
  }
  if (members.empty()) return;
  out += members;
  out += '}';
}

}  // namespace

std::string rewrite_error(std::string_view bytes, const Message& response, std::string_view id,
                          Revision client) {
  const int code = code_for(response.error_code(bytes), client);
  std::string scratch;
  const auto message = response.text(Field::error_message, bytes, scratch);
  std::string out = R"({"jsonrpc":"2.0","id":)";
  out += id;
  out += R"(,"error":{"code":)";
  out += std::to_string(code);
  out += R"(,"message":)";
  json::append_quoted(out, plain_message(message.value_or(std::string_view())));
  append_spec_data(out, bytes, response[Field::error_data].value, code);
  out += "}}";
  return out;
}

}  // namespace sallyport::protocol
