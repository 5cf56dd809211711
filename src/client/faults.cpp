#include "client/faults.hpp"

#include "base/patterns.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <tuple>

namespace sallyport::client {
namespace {

constexpr std::array<std::string_view, fault_count> names{
    "delay",    "slow",   "error",   "http",      "reset_before", "reset_after",
    "truncate", "garble", "missing", "duplicate", "crash",        "defect"};

// SplitMix64: neighbouring numbers come out unlike each other.
std::uint64_t scatter(std::uint64_t number) noexcept {
  number += 0x9E3779B97F4A7C15;
  number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
  number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
  return number ^ (number >> 31);
}

bool covers(const FaultRule& rule, protocol::Method method, std::string_view tool) noexcept {
  if (!rule.method.empty() && !matches(rule.method, protocol::name(method))) return false;
  return rule.tool.empty() || (method == protocol::Method::tools_call && matches(rule.tool, tool));
}

}  // namespace

std::string_view name(Fault fault) noexcept {
  return names[static_cast<std::size_t>(fault)];
}

bool happens(Fault fault, bool stdio) noexcept {
  switch (fault) {
    case Fault::duplicate:  // an HTTP response is one, whatever follows it
    case Fault::crash:
      return stdio;
    case Fault::http:
      return !stdio;
    default:
      return true;
  }
}

bool operator==(const FaultRule& a, const FaultRule& b) {
  const auto plain = [](const FaultRule& rule) {
    return std::tie(rule.server, rule.method, rule.tool, rule.percent, rule.seed, rule.fault, rule.time,
                    rule.status, rule.code, rule.message);
  };
  const auto same_header = [](const auto& one, const auto& other) {
    return one.first == other.first && one.second.reveal() == other.second.reveal();
  };
  return plain(a) == plain(b) && std::ranges::equal(a.headers, b.headers, same_header);
}

void throw_defect(const FaultRule& rule) {
  if (rule.fault == Fault::defect) throw std::logic_error("an injected defect");
}

Faults::Faults(std::vector<FaultRule> rules, bool stdio) : rules_(std::move(rules)) {
  std::erase_if(rules_, [&](const FaultRule& rule) { return !rule.fault || !happens(*rule.fault, stdio); });
  seen_.resize(rules_.size());
}

const FaultRule* Faults::strike(protocol::Method method, std::string_view tool) noexcept {
  const FaultRule* struck = nullptr;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const FaultRule& rule = rules_[i];
    if (!covers(rule, method, tool)) continue;
    // The place of the rule too, so that two with one seed do not always strike together.
    const std::uint64_t die =
        scatter(scatter(rule.seed + (static_cast<std::uint64_t>(i) << 32)) + seen_[i]++);
    if (!struck && die % 100 < rule.percent) struck = &rule;
  }
  return struck;
}

bool same_faults(const std::shared_ptr<Faults>& a, const std::shared_ptr<Faults>& b) {
  return a == b || (a && b && *a == *b);
}

}  // namespace sallyport::client
