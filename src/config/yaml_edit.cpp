#include "config/yaml_edit.hpp"

#include "base/strings.hpp"
#include "json/scanner.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace sallyport::config {
namespace {

constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// A text that YAML reads as this text without quotes, in flow style too.
bool is_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 9> words{"true", "false", "yes", "no", "on",
                                                         "off",  "null",  "y",   "n"};
  if (text.empty() || text.size() > 80) return false;
  const bool option = text.starts_with('-');
  const std::size_t signs = text.starts_with("--") ? 2 : option || text.starts_with('/') ? 1 : 0;
  const std::string_view rest = text.substr(signs);
  if (rest.empty() || letters.find(rest.front()) == std::string_view::npos) return false;
  const bool harmless = std::ranges::all_of(rest, [](char c) {
    return letters.find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
           std::string_view("_./-+").find(c) != std::string_view::npos;
  });
  return harmless &&
         (option || std::ranges::none_of(words, [&](std::string_view word) { return iequals(word, rest); }));
}

std::string scalar_text(const Node& node) {
  if (node.kind == Node::Kind::null) return "null";
  if (!node.quoted || is_plain(node.text)) return node.text;  // a number, true or false as JSON has them
  return json::quote(node.text);
}

std::string flow(const Node& node) {
  std::string out;
  if (node.kind == Node::Kind::sequence) {
    for (const Node& item : node.items) out += (out.empty() ? "" : ", ") + flow(item);
    return "[" + out + "]";
  }
  if (node.kind != Node::Kind::map) return scalar_text(node);
  for (const Member& member : node.members) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", scalar_text(member.key), flow(member.value));
  }
  return "{" + out + "}";
}

void add_block(const Member& member, const std::string& indent, std::string& out) {
  const Node& value = member.value;
  out += indent + scalar_text(member.key) + ":";
  if (value.kind != Node::Kind::map || value.members.empty()) {
    out += " " + flow(value) + "\n";
    return;
  }
  out += "\n";
  for (const Member& each : value.members) add_block(each, indent + "  ", out);
}

std::string block(std::span<const Member> servers, std::string_view origin, const std::string& indent) {
  std::string out = fmt::format("{}# from {}\n", indent, origin);
  for (const Member& server : servers) add_block(server, indent, out);
  return out;
}

bool is_blank_or_comment(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

class Merge {
 public:
  Merge(std::string_view text, std::span<const Member> servers, std::string_view origin, Report& report)
      : text_(text), servers_(servers), origin_(origin), report_(report) {
    for (std::size_t at = 0; at < text.size();) {
      starts_.push_back(at);
      at = std::min(text.find('\n', at), text.size() - 1) + 1;
    }
  }

  std::optional<std::string> run() {
    std::string_view content = text_;
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (content.starts_with(byte_order_mark)) content.remove_prefix(byte_order_mark.size());
    if (is_blank_or_comment(content)) {
      return insert(text_.size(), "version: 1\n\nservers:\n" + block(servers_, origin_, "  "));
    }
    const std::size_t errors = report_.errors();
    const auto root = parse_yaml(text_, report_);
    if (!root || report_.errors() != errors) return std::nullopt;
    if (root->kind != Node::Kind::map) {
      return refuse(root->at, {"the configuration is not a map", "there is no place for `servers:`",
                               "write `version: 1` and `servers:`, each on its own line"});
    }
    auto merged = place(*root);
    if (merged && !holds(*root, *merged)) {
      return refuse({1, 1}, {"the servers cannot be added without changing what is there",
                             "the file is written in a way that this command does not edit",
                             "write `servers:` as a block, one server below the other, or name another file "
                             "with -c"});
    }
    return merged;
  }

 private:
  std::optional<std::string> refuse(Position at, Finding finding) {
    report_.error(at, "servers", std::move(finding));
    return std::nullopt;
  }

  std::optional<std::string> place(const Node& root) {
    const auto found =
        std::ranges::find_if(root.members, [](const Member& member) { return member.key.text == "servers"; });
    if (found == root.members.end()) {
      if (root.at.column != 1 || text_[offset(root.at)] == '{') return refuse(root.at, flow_root());
      return insert(text_.size(), "\nservers:\n" + block(servers_, origin_, "  "));
    }
    const Node& servers = found->value;
    if (servers.kind == Node::Kind::map && text_[offset(servers.at)] == '{') return into_flow(servers);
    const bool block_map = servers.kind == Node::Kind::map && !servers.members.empty();
    if (!block_map && servers.kind != Node::Kind::null) {
      return refuse(servers.at,
                    {"`servers` is not a map", "each server has a name", "write `servers:` alone"});
    }
    const std::string indent(block_map ? servers.members.front().key.at.column - 1 : found->key.at.column + 1,
                             ' ');
    const auto next = std::next(found);
    const std::size_t from = found->key.at.line;  // the line after it, counted from 0
    const std::size_t to = next == root.members.end() ? starts_.size() : next->key.at.line - 1;
    return insert(end_of_section(from, to, indent.size()), block(servers_, origin_, indent));
  }

  static Finding flow_root() {
    return {"the configuration is written in braces", "this command adds to one that is written in lines",
            "write `version: 1` and `servers:`, each on its own line, or name another file with -c"};
  }

  std::size_t offset(Position at) const {
    // Columns count code points; what stands before these places is ASCII, or holds() refuses.
    return std::min(starts_[std::min(at.line, starts_.size()) - 1] + at.column - 1, text_.size() - 1);
  }

  // Behind the last line of the section: not behind the blank lines after it, nor the comments of what
  // follows.
  std::size_t end_of_section(std::size_t from, std::size_t to, std::size_t indent) const {
    std::size_t end = from;
    for (std::size_t i = from; i < to; ++i) {
      const std::size_t first = text_.find_first_not_of(" \t\r", starts_[i]);
      const std::size_t line_end = std::min(text_.find('\n', starts_[i]), text_.size());
      if (first >= line_end) continue;
      if (text_[first] == '#' && first - starts_[i] < indent) continue;
      end = i + 1;
    }
    return end < starts_.size() ? starts_[end] : text_.size();
  }

  std::string into_flow(const Node& servers) {
    std::string added;
    for (const Member& server : servers_) {
      added +=
          fmt::format("{}{}: {}", added.empty() ? "" : ", ", scalar_text(server.key), flow(server.value));
    }
    if (!servers.members.empty()) added += ", ";
    std::string out(text_);
    return out.insert(offset(servers.at) + 1, added);
  }

  std::string insert(std::size_t at, std::string lines) const {
    const bool crlf = text_.find("\r\n") != std::string_view::npos;
    if (at > 0 && text_[at - 1] != '\n') lines.insert(0, "\n");
    std::string out(text_.substr(0, at));
    for (const char c : lines) {
      if (c == '\n' && crlf) out += '\r';
      out += c;
    }
    return out.append(text_.substr(at));
  }

  // Everything that was there is there, and the servers are.
  bool holds(const Node& before, const std::string& merged) const {
    Diagnostics ignored;
    Report silent("", ignored);
    const auto after = parse_yaml(merged, silent);
    if (!after || !ignored.empty() || after->kind != Node::Kind::map) return false;
    const Node* servers = after->find("servers");
    if (servers == nullptr || servers->kind != Node::Kind::map) return false;
    const auto has = [](const Node& map, const Member& member) {
      const Node* found = map.find(member.key.text);
      return found != nullptr && same_value(*found, member.value);
    };
    std::size_t count = servers_.size();
    for (const Member& member : before.members) {
      if (member.key.text != "servers") {
        if (!has(*after, member)) return false;
        continue;
      }
      count += member.value.members.size();
      for (const Member& server : member.value.members) {
        if (!has(*servers, server)) return false;
      }
    }
    return servers->members.size() == count &&
           std::ranges::all_of(servers_, [&](const Member& server) { return has(*servers, server); });
  }

  std::string_view text_;
  std::span<const Member> servers_;
  std::string_view origin_;
  Report& report_;
  std::vector<std::size_t> starts_;  // of the lines
};

}  // namespace

bool same_value(const Node& a, const Node& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size() ||
      a.members.size() != b.members.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same_value(a.items[i], b.items[i])) return false;
  }
  return std::ranges::all_of(a.members, [&](const Member& member) {
    const Node* other = b.find(member.key.text);
    return other != nullptr && same_value(member.value, *other);
  });
}

std::optional<std::string> add_servers(std::string_view text, std::span<const Member> servers,
                                       std::string_view origin, Report& report) {
  return Merge(text, servers, origin, report).run();
}

}  // namespace sallyport::config
