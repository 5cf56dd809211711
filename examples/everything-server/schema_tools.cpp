#include "everything.hpp"

#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace everything {
namespace {

using sallyport::Fields;
using sallyport::Json;

enum class Unit : std::uint8_t { celsius, fahrenheit };

constexpr auto enum_names(Unit) {
  return std::array{std::pair{Unit::celsius, "celsius"}, std::pair{Unit::fahrenheit, "fahrenheit"}};
}

struct Place {
  std::string city;
  std::optional<std::string> country;

  static void describe(Fields<Place>& field) {
    field("city", &Place::city, "Name of the city").length(1, 100);
    field("country", &Place::country, "ISO 3166 code").length(2, 2);
  }
};

struct Question {
  Place place;
  int days = 3;
  Unit unit = Unit::celsius;
  std::vector<std::string> topics;

  static void describe(Fields<Question>& field) {
    field("place", &Question::place, "Where");
    field("days", &Question::days, "How many days ahead").range(1, 14).optional();
    field("unit", &Question::unit, "Of the temperatures").optional();
    field("topics", &Question::topics, "Wind, rain, …").items(0, 10).optional();
  }
};

struct Day {
  int day = 0;
  double temperature = 0;

  static void describe(Fields<Day>& field) {
    field("day", &Day::day, "Days from now");
    field("temperature", &Day::temperature, "In the unit that was asked for");
  }
};

struct Forecast {
  std::string city;
  std::vector<Day> days;

  static void describe(Fields<Forecast>& field) {
    field("city", &Forecast::city);
    field("days", &Forecast::days);
  }
};

Forecast forecast(const Question& question) {
  Forecast made{question.place.city, {}};
  for (int day = 1; day <= question.days; ++day)
    made.days.push_back({day, question.unit == Unit::celsius ? 20.5 : 68.9});
  return made;
}

struct Region {
  std::string region;

  static void describe(Fields<Region>& field) {
    field("region", &Region::region, "Where the work is to be done").header("Region");
  }
};

// Written by hand where C++ has no words for a schema.
constexpr std::string_view contact_schema = R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "$defs": {
    "address": {
      "$anchor": "addressDef",
      "type": "object",
      "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
    }
  },
  "properties": {
    "name": {"type": "string"},
    "address": {"$ref": "#/$defs/address"},
    "contactMethod": {"type": "string", "enum": ["phone", "email"]},
    "phone": {"type": "string"},
    "email": {"type": "string"}
  },
  "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
  "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
  "then": {"required": ["phone"]},
  "else": {"required": ["email"]},
  "additionalProperties": false
})";

Json contact(const Json& arguments) {
  return Json::object({{"accepted", arguments}});
}

}  // namespace

void add_schema_tools(sallyport::Server& app) {
  app.tool("weather_forecast", "An invented forecast.", forecast).title("Forecast").read_only().idempotent();
  app.tool("test_region", "Does its work in a region that the header Mcp-Param-Region names too.",
           [](const Region& asked) { return "Done in " + asked.region + "."; });
  app.tool("json_schema_2020_12_tool", "Takes what a schema of the draft 2020-12 describes.", contact)
      .input_schema(*Json::parse(contact_schema));
}

}  // namespace everything
