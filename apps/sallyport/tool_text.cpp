#include "tool_text.hpp"

#include "base/strings.hpp"
#include "json_text.hpp"
#include "table.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <unistd.h>

namespace sallyport::cli {
namespace {

using json::Type;
using protocol::Field;

std::string text_member(std::string_view bytes, json::Span object, std::string_view key) {
  const json::Member member = json::find_member(bytes, object, key);
  return member.value.is(Type::string) ? json::unescape(member.value.of(bytes)) : "";
}

json::Span whole(std::string_view text) {
  return {0, static_cast<std::uint32_t>(text.size())};
}

std::string first_line(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return std::string(trim(text.substr(0, text.find_first_of("\r\n"))));
}

std::string listing_json(const Listing& listing) {
  std::string out = R"({"tools":[)";
  for (const Listing::Tool& tool : listing.tools) {
    if (&tool != &listing.tools.front()) out += ',';
    out += tool.definition;
  }
  out += R"(],"missing":[)";
  for (const Missing& missing : listing.missing) {
    if (&missing != &listing.missing.front()) out += ',';
    out += fmt::format(R"({{"what":{},"why":{}}})", json::quote(missing.what), json::quote(missing.why));
  }
  return out + "]}";
}

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::size_t bytes_of_base64(std::size_t characters) {
  return characters / 4 * 3;
}

// One block of `content`: text as it is, of anything else a line that says what it is.
std::string block_text(std::string_view bytes, const json::Value& block) {
  if (!block.is(Type::object)) return "";
  const std::string type = text_member(bytes, block.span, "type");
  const std::string mime = text_member(bytes, block.span, "mimeType");
  if (type == "text") return text_member(bytes, block.span, "text");
  if (type == "image" || type == "audio") {
    const std::size_t size = json::find_member(bytes, block.span, "data").value.span.size();
    return fmt::format("[{} {}, about {} bytes]", type, mime, bytes_of_base64(size));
  }
  if (type == "resource_link") {
    return fmt::format("[link to {}{}{}]", text_member(bytes, block.span, "uri"), mime.empty() ? "" : " ",
                       mime);
  }
  const json::Member resource = json::find_member(bytes, block.span, "resource");
  if (type == "resource" && resource.value.is(Type::object)) {
    const std::string text = text_member(bytes, resource.value.span, "text");
    return fmt::format("[resource {}]{}{}", text_member(bytes, resource.value.span, "uri"),
                       text.empty() ? "" : "\n", text);
  }
  return fmt::format("[{}]", type.empty() ? "a block without a type" : type);
}

std::string result_text(const Response& response) {
  const std::string_view bytes = response.bytes;
  std::string out;
  const json::Member& content = response.message[Field::content];
  if (content.value.is(Type::array)) {
    json::ElementCursor blocks(bytes, content.value.span);
    while (const auto block = blocks.next()) {
      out += printable(block_text(bytes, *block));
      if (!out.empty() && !out.ends_with('\n')) out += '\n';
    }
  }
  if (out.empty() && response.message.has(Field::structured_content)) {
    out = printable(indent_json(response.message.raw(Field::structured_content, bytes))) + '\n';
  }
  return out;
}

void complain_of(const std::vector<Missing>& missing) {
  for (const auto& [what, why] : missing) complain(fmt::format("{}: {}", what, why));
}

int print_rpc_error(const Response& response) {
  std::string scratch;
  const std::string_view text =
      response.message.text(Field::error_message, response.bytes, scratch).value_or("");
  const int code = response.message.error_code(response.bytes);
  complain(fmt::format("{} (JSON-RPC error {})", text, code));
  complain_of(response.missing);
  constexpr int invalid_params = -32602;  // an unknown tool, or arguments that it does not take
  return code == invalid_params ? exit_wrong_input : exit_failed;
}

}  // namespace

int print_listing(const Listing& listing, bool json) {
  if (json) return print_json(listing_json(listing));
  const bool colours = has_colours(STDOUT_FILENO);
  Table table({"TOOL", "DESCRIPTION"});
  std::set<std::string_view> servers;
  for (const Listing::Tool& tool : listing.tools) {
    const std::string description = text_member(tool.definition, whole(tool.definition), "description");
    table.add({{tool.name, Style::bold}, {first_line(description)}});
    if (!tool.server.empty()) servers.insert(tool.server);
  }
  const int code = listing.tools.empty() ? exit_done : print(table.render(terminal_width(), colours));
  complain_of(listing.missing);
  const std::string of = servers.empty() ? "" : fmt::format(" of {}", count(servers.size(), "server"));
  print_error(fmt::format("{}{}\n", count(listing.tools.size(), "tool"), of));
  return code;
}

int print_tool(const Listing::Tool& tool, bool json) {
  if (json) return print_json(tool.definition);
  const bool colours = has_colours(STDOUT_FILENO);
  const std::string_view text = tool.definition;
  std::string out = paint(Style::bold, escape_terminal(tool.name), colours);
  const std::string title = text_member(text, whole(text), "title");
  if (!title.empty()) out += "  " + escape_terminal(title);
  if (!tool.server.empty()) out += paint(Style::dim, fmt::format("  (server {})", tool.server), colours);
  out += '\n';
  const std::string description = text_member(text, whole(text), "description");
  if (!description.empty()) out += '\n' + printable(trim(description)) + '\n';
  for (const auto& [key, heading] :
       {std::pair("inputSchema", "Arguments"), std::pair("outputSchema", "Result"),
        std::pair("annotations", "Annotations")}) {
    const json::Member member = json::find_member(text, whole(text), key);
    if (!member) continue;
    out += fmt::format("\n{}\n{}\n", paint(Style::dim, heading, colours),
                       printable(indent_json(member.value.of(text))));
  }
  return print(out);
}

int print_response(const Response& response, bool json) {
  const bool rpc_error = response.message.kind() == protocol::MessageKind::error_response;
  const bool tool_error = response.message.is(Field::is_error, Type::true_value);
  if (rpc_error) {
    const std::string_view error = response.message.raw(Field::error, response.bytes);
    if (json) (void)print_json(fmt::format(R"({{"error":{}}})", error));
    return print_rpc_error(response);
  }
  if (json) {
    const int code = print_json(response.message.raw(Field::result, response.bytes));
    return tool_error ? exit_failed : code;
  }
  const std::string text = result_text(response);
  if (!tool_error) return print(text);
  complain(text.empty() ? "the tool failed and does not say why"
                        : std::string_view(text).substr(0, text.size() - 1));
  complain_of(response.missing);
  return exit_failed;
}

std::string progress_text(std::string_view notification) {
  const auto document = json::scan(notification);
  if (!document || !document->root.is(Type::object)) return "";
  const json::Member params = json::find_member(notification, document->root.span, "params");
  if (!params.value.is(Type::object)) return "";
  const json::Member done = json::find_member(notification, params.value.span, "progress");
  const json::Member total = json::find_member(notification, params.value.span, "total");
  if (!done.value.is(Type::number)) return "";
  std::string text(done.value.of(notification));
  if (total.value.is(Type::number)) text += fmt::format(" of {}", total.value.of(notification));
  const std::string message = text_member(notification, params.value.span, "message");
  return message.empty() ? text : fmt::format("{}: {}", text, message);
}

}  // namespace sallyport::cli
