#include "schema/check.hpp"

#include "json/pointer.hpp"
#include "schema/view.hpp"

#include <algorithm>

namespace sallyport::schema {
namespace {

using simdjson::dom::element;

constexpr int max_depth = 400;

}  // namespace

void Check::Seen::add(const Seen& other) {
  for (std::size_t i = 0; i < places.size() && i < other.places.size(); ++i)
    if (other.places[i]) places[i] = true;
}

Verdict Check::run(element value) {
  const bool fits = node(0, value, nullptr);
  if (doubt_ != Doubt::none) return {std::nullopt, doubt_};
  if (fits) return {};
  return {misfit_ ? std::move(misfit_) : Misfit{{}, "must fit the schema"}, Doubt::none};
}

bool Check::spend(std::size_t bytes) {
  const auto cost = static_cast<std::uint32_t>(1 + bytes / 64);
  if (steps_ > cost) {
    steps_ -= cost;
    return true;
  }
  doubt_ = Doubt::budget;
  return false;
}

bool Check::node(NodeId id, element value, Seen* seen) {
  const Node& it = schema_.nodes[id];
  if (!spend()) return false;
  if (it.never) return misfit("must not be there");
  if (depth_ == max_depth) {
    doubt_ = Doubt::budget;
    return false;
  }
  ++depth_;
  const bool another = resources_.empty() || resources_.back() != it.resource;
  if (another) resources_.push_back(it.resource);
  const bool fits = node_of_resource(it, value, seen);
  if (another) resources_.pop_back();
  --depth_;
  return fits && doubt_ == Doubt::none;
}

bool Check::node_of_resource(const Node& it, element value, Seen* seen) {
  Seen own;
  Seen* const told = it.unevaluated ? &own : seen;
  if (it.unevaluated) {
    own.places.resize(places_in(value));
    if (!spend(own.places.size())) return false;
  }
  for (const Keyword& each : it.keywords)
    if (!std::visit([&](const auto& rule) { return check(rule, value, told); }, each)) return false;
  if (it.unevaluated && seen) seen->add(own);
  return true;
}

bool Check::below(NodeId id, element value, Step step) {
  path_.push_back(step);
  const bool fits = node(id, value, nullptr);
  path_.pop_back();
  return fits;
}

bool Check::attempt(NodeId id, element value, Seen* seen) {
  ++quiet_;
  Seen own;
  if (seen) own.places.resize(seen->places.size());
  const bool fits = (!seen || spend(own.places.size())) && node(id, value, seen ? &own : nullptr);
  if (fits && seen) seen->add(own);
  --quiet_;
  return fits;
}

// Names that only the value has are left out, and so is what lies below them.
bool Check::misfit(std::string rule, std::string_view member) {
  if (quiet_ != 0 || misfit_ || doubt_ != Doubt::none) return false;
  std::vector<std::string> steps;
  const auto unnamed = std::ranges::find(path_, Step::Kind::unnamed, &Step::kind);
  for (auto step = path_.begin(); step != unnamed; ++step)
    steps.push_back(step->kind == Step::Kind::index ? std::to_string(step->index) : std::string(step->name));
  if (unnamed != path_.end()) {
    rule.insert(0, "a value in it ");
  } else if (!member.empty()) {
    steps.emplace_back(member);
  }
  misfit_ = Misfit{json::format_pointer(steps), std::move(rule)};
  return false;
}

bool Check::misfit(std::string rule) {
  return misfit(std::move(rule), {});
}

}  // namespace sallyport::schema
