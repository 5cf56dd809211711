#include "admin/config_json.hpp"

#include "admin/call_json.hpp"
#include "base/dates.hpp"
#include "config/shown.hpp"
#include "errors/redact.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

namespace sallyport::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = 512;
constexpr std::size_t most_mistakes = 100;

// What stood in the file may be repeated in the words of a mistake.
json::value text_or_null(std::string_view text) {
  if (text.empty()) return nullptr;
  return json::value(json_text(redact_text(text, longest_text)));
}

json::object mistake_json(const config::Diagnostic& mistake) {
  return {{"file", text_or_null(mistake.file)},
          {"line", mistake.at.line},
          {"column", mistake.at.column},
          {"path", text_or_null(mistake.path)},
          {"what", text_or_null(mistake.what)},
          {"why", text_or_null(mistake.why)},
          {"instead", text_or_null(mistake.instead)}};
}

}  // namespace

json::object reload_json(const LastReload& last) {
  return {{"at", format_rfc3339(last.at)},
          {"ok", last.mistakes.empty()},
          {"mistakes", last.mistakes.size()},
          {"first", last.mistakes.empty() ? json::value() : json::value(mistake_json(last.mistakes.front()))},
          {"inForceSince", format_rfc3339(last.in_force_since)}};
}

std::string config_json(const config::Config& config, const LastReload& last) {
  json::object shown = config::shown(config);
  json::array mistakes;
  for (const config::Diagnostic& each : last.mistakes) {
    if (mistakes.size() == most_mistakes) break;
    mistakes.push_back(mistake_json(each));
  }
  json::object all;
  all["hash"] = config::fingerprint(shown);
  all["inForceSince"] = format_rfc3339(last.in_force_since);
  all["lastReload"] = {
      {"at", format_rfc3339(last.at)}, {"ok", last.mistakes.empty()}, {"mistakes", std::move(mistakes)}};
  all["config"] = std::move(shown);
  return json::serialize(all) + "\n";
}

}  // namespace sallyport::admin
