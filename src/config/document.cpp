#include "config/document.hpp"

#include "base/strings.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sallyport::config {

Node::Node(Kind what, Position where) : kind(what), at(where) {}

const Node* Node::find(std::string_view key) const {
  const auto found =
      std::ranges::find_if(members, [&](const Member& member) { return member.key.text == key; });
  return found == members.end() ? nullptr : &found->value;
}

namespace {

// Code points are counted by the bytes that begin one; whole blocks of bytes are counted once.
constexpr std::size_t block = 256;

std::size_t count_code_points(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

}  // namespace

LineIndex::LineIndex(std::string_view text) : text_(text), starts_{0}, blocks_{0} {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
  for (std::size_t i = 0; i + block <= text.size(); i += block) {
    blocks_.push_back(blocks_.back() + count_code_points(text.substr(i, block)));
  }
}

std::size_t LineIndex::code_points_before(std::size_t byte) const {
  const std::size_t whole = byte / block;
  return blocks_[whole] + count_code_points(text_.substr(whole * block, byte - whole * block));
}

Position LineIndex::at_offset(std::size_t byte) const {
  byte = std::min(byte, text_.size());
  const auto next = std::ranges::upper_bound(starts_, byte);
  const auto line = static_cast<std::size_t>(next - starts_.begin()) - 1;
  return {line + 1, code_points_before(byte) - code_points_before(starts_[line]) + 1};
}

std::size_t LineIndex::offset(std::size_t line, std::size_t byte_column) const {
  if (line >= starts_.size()) return text_.size();
  return std::min(starts_[line] + byte_column, text_.size());
}

Position LineIndex::at_line(std::size_t line, std::size_t byte_column) const {
  return at_offset(offset(line, byte_column));
}

bool check_text(std::string_view& text, Report& report) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.size() > max_file_bytes) {
    report.error({}, "",
                 {fmt::format("the file has {} bytes", text.size()), "at most 1 MiB is read", "split it"});
    return false;
  }
  for (std::size_t i = 0; i < text.size();) {
    char32_t character = 0;
    const std::size_t length = decode_utf8(text.substr(i), character);
    if (length == 0) {
      report.error(LineIndex(text).at_offset(i), "",
                   {"a byte that is not UTF-8", "the file is read as UTF-8", "save the file as UTF-8"});
      return false;
    }
    const bool control = character < 0x20 && character != '\t' && character != '\n' && character != '\r';
    if (control || character == 0x7F) {
      report.error(
          LineIndex(text).at_offset(i), "",
          {fmt::format("a control character (U+{:04X})", static_cast<std::uint32_t>(character)),
           "it would hide or end what follows", "delete it, or write it as an escape in double quotes"});
      return false;
    }
    i += length;
  }
  return true;
}

bool Keys::add(const Node& key, Report& report) {
  const auto [first, is_new] = lines_.try_emplace(key.text, key.at.line);
  if (is_new) return true;
  report.error(key.at, key.text,
               {fmt::format("duplicate key `{}`", clip(key.text, 64)),
                fmt::format("it stands at line {} already and only one can hold", first->second),
                "remove one of the two"});
  return false;
}

}  // namespace sallyport::config
