// One value against one compiled schema.
#pragma once

#include "schema/compiled.hpp"

#include <boost/container/small_vector.hpp>

namespace sallyport::schema {

class Check {
 public:
  Check(const Compiled& schema, std::uint32_t steps) : schema_(schema), steps_(steps) {}
  Verdict run(simdjson::dom::element value);

 private:
  using element = simdjson::dom::element;
  using object = simdjson::dom::object;
  using array = simdjson::dom::array;

  // Which members or elements of a value some keyword has looked at, for the unevaluated… ones.
  struct Seen {
    std::vector<bool> places;

    void mark(std::size_t place) {
      if (place < places.size()) places[place] = true;
    }
    void add(const Seen& other);
  };
  struct Step {
    std::string_view name;
    std::size_t index = 0;
    enum class Kind : std::uint8_t { name, index, unnamed } kind = Kind::name;
  };

  bool node(NodeId id, element value, Seen* seen);
  bool node_of_resource(const Node& node, element value, Seen* seen);
  // For a value within this one.
  bool below(NodeId id, element value, Step step);
  // For one of several alternatives: says nothing of what does not fit, and tells `seen` only if it fits.
  bool attempt(NodeId id, element value, Seen* seen);

  bool check(const keyword::Type& rule, element value, Seen* seen);
  bool check(const keyword::Enum& rule, element value, Seen* seen);
  bool check(const keyword::Bound& rule, element value, Seen* seen);
  bool check(const keyword::MultipleOf& rule, element value, Seen* seen);
  bool check(const keyword::Size& rule, element value, Seen* seen);
  bool check(const keyword::Matches& rule, element value, Seen* seen);
  bool check(const keyword::Unique& rule, element value, Seen* seen);
  bool check(const keyword::Required& rule, element value, Seen* seen);
  bool check(const keyword::DependentRequired& rule, element value, Seen* seen);
  bool check(const keyword::AllOf& rule, element value, Seen* seen);
  bool check(const keyword::AnyOf& rule, element value, Seen* seen);
  bool check(const keyword::OneOf& rule, element value, Seen* seen);
  bool check(const keyword::Not& rule, element value, Seen* seen);
  bool check(const keyword::If& rule, element value, Seen* seen);
  bool check(const keyword::Ref& rule, element value, Seen* seen);
  bool check(const keyword::DynamicRef& rule, element value, Seen* seen);
  bool check(const keyword::DependentSchemas& rule, element value, Seen* seen);
  bool check(const keyword::Members& rule, element value, Seen* seen);
  bool check(const keyword::PropertyNames& rule, element value, Seen* seen);
  bool check(const keyword::Items& rule, element value, Seen* seen);
  bool check(const keyword::Contains& rule, element value, Seen* seen);
  bool check(const keyword::UnevaluatedMembers& rule, element value, Seen* seen);
  bool check(const keyword::UnevaluatedItems& rule, element value, Seen* seen);

  bool spend(std::size_t bytes = 0);
  bool matches(const Pattern& pattern, std::string_view text);
  bool misfit(std::string rule);                           // false
  bool misfit(std::string rule, std::string_view member);  // of a member of the value; false
  std::uint8_t types_of_all(const std::vector<NodeId>& nodes) const;

  const Compiled& schema_;
  std::uint32_t steps_;
  int depth_ = 0;
  int quiet_ = 0;  // inside alternatives, whose misfits are none of the whole
  Doubt doubt_ = Doubt::none;
  std::optional<Misfit> misfit_;
  boost::container::small_vector<Step, 8> path_;
  boost::container::small_vector<std::uint32_t, 4> resources_;  // gone through, outermost first
};

// Its bit of keyword::Type; of a whole number both.
std::uint8_t type_of(simdjson::dom::element value);
// The rule in words.
std::string must_be_of(std::uint8_t types);

}  // namespace sallyport::schema
