#include "classify/graphql.hpp"

#include "classify/http.hpp"
#include "json/dom.hpp"
#include "json/scanner.hpp"

#include <algorithm>
#include <array>

namespace sallyport::classify {
namespace {

using simdjson::dom::element;

constexpr std::size_t max_errors = 100;
constexpr std::size_t max_text = 2048;  // what is kept of it is cut further
constexpr int unknown_status = 422;

struct Meaning {
  std::string_view code;
  int status;
};

// Sorted.
constexpr auto meanings = std::to_array<Meaning>({
    {"ACCESS_DENIED", 403},
    {"BAD_USER_INPUT", 400},
    {"FORBIDDEN", 403},
    {"GRAPHQL_PARSE_FAILED", 400},
    {"GRAPHQL_VALIDATION_FAILED", 400},
    {"INTERNAL_SERVER_ERROR", 500},
    {"NOT_AUTHENTICATED", 401},
    {"NOT_FOUND", 404},
    {"PERSISTED_QUERY_NOT_FOUND", 400},
    {"RATE_LIMITED", 429},
    {"SERVICE_UNAVAILABLE", 503},
    {"THROTTLED", 429},
    {"UNAUTHENTICATED", 401},
});
static_assert(std::ranges::is_sorted(meanings, {}, &Meaning::code));

const Meaning* meaning_of(std::string_view code) noexcept {
  const auto found = std::ranges::lower_bound(meanings, code, {}, &Meaning::code);
  return found != meanings.end() && found->code == code ? &*found : nullptr;
}

std::string_view text_of(const element& value) {
  std::string_view text;
  return value.get_string().get(text) == simdjson::SUCCESS ? text : std::string_view();
}

std::string_view text_at(const element& object, std::string_view pointer) {
  element found;
  return object.at_pointer(pointer).get(found) == simdjson::SUCCESS ? text_of(found) : std::string_view();
}

void append(std::string& text, std::string_view part) {
  if (part.empty() || text.size() >= max_text) return;
  if (!text.empty()) text += "; ";
  text += part.substr(0, max_text);
}

class Reading {
 public:
  void read(const element& errors) {
    if (errors.is_array()) {
      std::size_t count = 0;
      for (const element error : errors.get_array().value()) {
        if (++count > max_errors) break;
        read_one(error);
      }
    } else if (!errors.is_null()) {
      read_one(errors);
    }
  }

  GraphqlErrors take() {
    GraphqlErrors out{.status = worst_ != 0 ? worst_ : unknown_status,
                      .codes = std::move(known_),
                      .text = std::move(codes_),
                      .refused = any_ && refused_};
    std::ranges::sort(out.codes);
    const auto doubles = std::ranges::unique(out.codes);
    out.codes.erase(doubles.begin(), doubles.end());
    append(out.text, messages_);
    return out;
  }

 private:
  void read_one(const element& error) {
    any_ = true;
    if (error.is_string()) append(messages_, text_of(error));
    if (!error.is_object()) {
      refused_ = false;
      return;
    }
    append(messages_, text_at(error, "/message"));
    std::string_view code = text_at(error, "/extensions/code");
    if (code.empty()) code = text_at(error, "/code");
    append(codes_, code);
    const Meaning* const meaning = meaning_of(code);
    // An error with a path came while the fields were computed: others may be done.
    const bool ran = error.at_pointer("/path").error() == simdjson::SUCCESS;
    refused_ = refused_ && meaning != nullptr && meaning->status < 500 && !ran;
    if (meaning == nullptr) return;
    known_.push_back(meaning->code);
    worst_ = std::max(worst_, meaning->status);
  }

  int worst_ = 0;
  std::vector<std::string_view> known_;
  std::string codes_;
  std::string messages_;
  bool any_ = false;
  bool refused_ = true;
};

std::string joined(const std::vector<std::string_view>& words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

}  // namespace

std::optional<int> graphql_status(std::string_view code) noexcept {
  const Meaning* const meaning = meaning_of(code);
  if (meaning == nullptr) return std::nullopt;
  return meaning->status;
}

GraphqlErrors read_graphql_errors(std::string_view json) {
  Reading reading;
  if (const auto dom = json::Dom::parse(json)) reading.read(dom->root());
  return reading.take();
}

Error from_graphql(const GraphqlErrors& errors, const Context& context) {
  Context answered = context;
  if (!answered.executed) answered.executed = errors.refused ? Executed::no : Executed::maybe;
  std::string text = errors.text;
  append(text, context.detail);
  answered.detail = text;
  Error error = from_http(errors.status, {}, {}, answered);
  error.with_extra("error_type", std::string("TransportQueryError"));
  if (!errors.codes.empty()) error.with_extra("gql_error_codes", joined(errors.codes));
  return error;
}

Error from_graphql_transport(std::string_view type, Headers headers, SystemTime now, const Context& context) {
  if (type == "TransportConnectionFailed")
    return make_error(verdict_for(FailureClass::connection), context, type);
  if (type == "TransportProtocolError") return make_error(verdict_for(FailureClass::protocol), context, type);
  return from_http(500, headers, now, context);
}

}  // namespace sallyport::classify
