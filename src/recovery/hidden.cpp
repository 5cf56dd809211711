#include "recovery/hidden.hpp"

#include "base/patterns.hpp"

#include <algorithm>
#include <set>

namespace sallyport::recovery {
namespace {

bool fits_all_of(std::string_view pattern, std::string_view other) {
  return pattern.empty() || includes(pattern, other.empty() ? "*" : other);
}

// Of which server, tool and operation it is: does `wider` hold for every call that `narrower` holds for?
bool same_calls(const Match& wider, const Match& narrower) {
  return (!wider.operation || wider.operation == narrower.operation) &&
         fits_all_of(wider.server, narrower.server) && fits_all_of(wider.tool, narrower.tool);
}

struct Failure {
  Code code;
  Kind kind;
};

std::vector<Failure> failures_of(const Match& match) {
  std::vector<Failure> all;
  for (const CatalogRow& each : catalog()) {
    for (std::size_t i = 0; i < kind_count; ++i)
      if (match.covers(each.code, static_cast<Kind>(i))) all.push_back({each.code, static_cast<Kind>(i)});
  }
  return all;
}

}  // namespace

std::vector<std::size_t> hidden_by(std::span<const Rule> earlier, const Rule& rule) {
  std::vector<std::size_t> rivals;
  bool limits_attempts = false;
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (!same_calls(earlier[i].match, rule.match)) continue;
    rivals.push_back(i);
    limits_attempts = limits_attempts || earlier[i].attempt.has_value();
  }
  // How long an attempt may take is not a matter of its failure: the first rule that says it counts.
  if (rule.attempt && !limits_attempts) return {};
  const std::vector<Failure> failures = failures_of(rule.match);
  const auto fits = [&](std::size_t rival, const Failure& failure) {
    return earlier[rival].match.covers(failure.code, failure.kind);
  };
  for (const std::size_t rival : rivals)
    if (std::ranges::all_of(failures, [&](const Failure& each) { return fits(rival, each); })) return {rival};
  std::set<std::size_t> together;
  for (const Failure& each : failures) {
    const auto first = std::ranges::find_if(rivals, [&](std::size_t rival) { return fits(rival, each); });
    if (first == rivals.end()) return {};
    together.insert(*first);
  }
  return {together.begin(), together.end()};
}

}  // namespace sallyport::recovery
