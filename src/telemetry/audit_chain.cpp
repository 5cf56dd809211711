#include "telemetry/audit_chain.hpp"

#include "base/sha256.hpp"
#include "base/strings.hpp"

#include <fmt/format.h>

namespace sallyport::telemetry::audit {
namespace {

constexpr std::string_view begin_text = "{\"seq\":";
constexpr std::string_view prev_text = ",\"prev\":\"";
constexpr std::string_view hash_text = "\",\"hash\":\"";
constexpr std::string_view end_text = "\"}";
constexpr std::size_t hex_size = 64;

std::string_view bytes_of(const Hash& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

// Over the hash before and the line up to the end of its own `prev`.
Hash link(const Hash& prev, std::string_view content) {
  std::string bytes(bytes_of(prev));
  bytes += content;
  return sha256(bytes);
}

int nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::string seal(std::string_view fields, Head& head) {
  std::string line(begin_text);
  line.reserve(fields.size() + 200);
  line.append(std::to_string(head.seq + 1)).append(",").append(fields);
  line.append(prev_text).append(hex(head.hash)).append("\"");
  head.hash = link(head.hash, line);
  ++head.seq;
  line.append(hash_text.substr(1)).append(hex(head.hash)).append(end_text).append("\n");
  return line;
}

std::optional<Hash> parse_hash(std::string_view text) {
  if (text.size() != hex_size) return std::nullopt;
  Hash hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const int high = nibble(text[2 * i]);
    const int low = nibble(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    hash[i] = static_cast<std::byte>(high << 4 | low);
  }
  return hash;
}

std::optional<Line> read(std::string_view text) {
  constexpr std::size_t tail_size =
      prev_text.size() + hex_size + hash_text.size() + hex_size + end_text.size();
  if (!text.starts_with(begin_text) || text.size() < begin_text.size() + tail_size) return std::nullopt;
  const std::string_view tail = text.substr(text.size() - tail_size);
  const std::string_view body = text.substr(begin_text.size(), text.size() - begin_text.size() - tail_size);
  const std::size_t comma = body.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const auto seq = parse_int<std::uint64_t>(body.substr(0, comma));
  const std::size_t middle = prev_text.size() + hex_size;
  if (!seq || !tail.starts_with(prev_text) || tail.substr(middle, hash_text.size()) != hash_text ||
      !tail.ends_with(end_text))
    return std::nullopt;
  const auto prev = parse_hash(tail.substr(prev_text.size(), hex_size));
  const auto hash = parse_hash(tail.substr(middle + hash_text.size(), hex_size));
  if (!prev || !hash) return std::nullopt;
  Line line{*seq, *prev, *hash, false, body.substr(comma + 1)};
  line.intact = link(*prev, text.substr(0, text.size() - tail_size + middle + 1)) == *hash;
  return line;
}

std::string_view name(Fault fault) noexcept {
  constexpr std::array<std::string_view, 5> names = {"none", "edited", "deleted", "reordered", "truncated"};
  return names[static_cast<std::size_t>(fault)];
}

void Verifier::report(Fault fault, std::uint64_t seq, std::string what) {
  if (!sound()) return;
  finding_ = {fault, file_, line_, seq, std::move(what)};
}

void Verifier::begin_file(std::string name) {
  if (cut_bytes_) finish();
  file_ = std::move(name);
  line_ = 0;
}

// Does this record say that the bytes before it were left by a crash or a full disk?
bool Verifier::acknowledged(std::string_view fields) const {
  return fields.find(fmt::format(",\"torn\":{}", *cut_bytes_)) != std::string_view::npos;
}

void Verifier::add(std::string_view text, bool ended) {
  ++line_;
  const auto line = text.size() <= longest_line ? read(text) : std::nullopt;
  if (cut_bytes_ && line && acknowledged(line->fields)) {
    cut_bytes_.reset();
    ++torn_;
  }
  if (!line || !ended) {
    if (!cut_bytes_) cut_line_ = line_;
    cut_bytes_ = cut_bytes_ ? *cut_bytes_ + 1 + text.size() : text.size();
    cut_ended_ = ended;
    return;
  }
  if (cut_bytes_) finish();
  check(*line);
}

void Verifier::check(const Line& line) {
  if (!sound()) {  // what was missed where the chain broke stands further down: it was moved, not removed
    if (finding_.fault == Fault::deleted && line.seq == missing_ && line.intact) {
      finding_.fault = Fault::reordered;
      finding_.what += fmt::format("; record {} stands further down, in line {}", missing_, line_);
    }
    return;
  }
  if (!line.intact)
    return report(Fault::edited, line.seq,
                  fmt::format("record {} was changed: its hash is another", line.seq));
  if (first_ == 0) {
    first_ = line.seq;
    if (line.seq == 1 && line.prev != Hash{})
      return report(Fault::edited, 1, "the first record names one before it");
  } else if (line.seq > head_.seq + 1) {
    missing_ = head_.seq + 1;
    return report(
        Fault::deleted, line.seq,
        line.seq == missing_ + 1
            ? fmt::format("record {} is missing before record {}", missing_, line.seq)
            : fmt::format("records {} to {} are missing before record {}", missing_, line.seq - 1, line.seq));
  } else if (line.seq <= head_.seq) {
    return report(Fault::reordered, line.seq,
                  fmt::format("record {} stands after record {}", line.seq, head_.seq));
  } else if (line.prev != head_.hash) {
    return report(
        Fault::edited, line.seq,
        fmt::format("record {} does not follow the record before it: that one was replaced", line.seq));
  }
  head_ = {line.seq, line.hash};
  ++records_;
  ended_ = line.fields.find("\"event\":\"end\"") != std::string_view::npos;
}

void Verifier::finish(const std::optional<Hash>& expected) {
  if (cut_bytes_ && sound()) {
    const std::uint64_t seq = head_.seq + 1;
    finding_ = cut_ended_
                   ? Finding{Fault::edited, file_, cut_line_, 0,
                             fmt::format("the line is no record; record {} was to be expected", seq)}
                   : Finding{Fault::truncated, file_, cut_line_, 0,
                             fmt::format("the file ends within a line; record {} was to be expected", seq)};
  }
  cut_bytes_.reset();
  if (expected && head_.hash != *expected)
    report(Fault::truncated, head_.seq,
           fmt::format("the last record is {}, with another hash than the one that was expected", head_.seq));
}

}  // namespace sallyport::telemetry::audit
