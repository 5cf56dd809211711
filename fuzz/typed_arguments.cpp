// The arguments of a tool as a client writes them, read into a struct: never a crash, a refusal says where
// and which rule, and what was read is the same again after it was written.
#include "server/schema.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using sallyport::Fields;
using sallyport::Json;

namespace {

enum class Unit { metric, imperial };
constexpr auto enum_names(Unit) {
  return std::array{std::pair{Unit::metric, "metric"}, std::pair{Unit::imperial, "imperial"}};
}

struct Place {
  std::string city;
  std::optional<double> height;
  static void describe(Fields<Place>& field) {
    field("city", &Place::city).length(1, 20);
    field("height", &Place::height);
  }
};

struct Query {
  Place place;
  std::vector<Place> others;
  std::map<std::string, std::uint8_t> counts;
  int days = 3;
  std::int64_t big = 0;
  double ratio = 0.5;
  bool deep = false;
  Unit unit = Unit::metric;
  Json anything;
  static void describe(Fields<Query>& field) {
    field("place", &Query::place);
    field("others", &Query::others).items(0, 4).optional();
    field("counts", &Query::counts).optional();
    field("days", &Query::days).range(1, 14).optional();
    field("big", &Query::big).optional();
    field("ratio", &Query::ratio).optional();
    field("deep", &Query::deep).optional();
    field("unit", &Query::unit).optional();
    field("anything", &Query::anything).optional();
  }
};

using Codec = sallyport::detail::Codec<Query>;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto arguments = Json::parse({reinterpret_cast<const char*>(data), size});
  if (!arguments) return 0;
  Query query;
  if (const auto misfit = Codec::read(arguments->text(), query)) {
    if (misfit->rule.empty()) std::abort();
    return 0;
  }
  if (query.days < 1 || query.days > 14 || query.others.size() > 4 || query.place.city.empty()) std::abort();
  std::string written;
  Codec::write(query, written);
  Query again;
  if (Codec::read(Json::parse(written).value().text(), again)) std::abort();
  std::string twice;
  Codec::write(again, twice);
  if (written != twice) std::abort();
  return 0;
}
