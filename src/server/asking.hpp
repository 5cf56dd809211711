// What a function can ask of the client's side: its user, its model, its roots.
#pragma once

#include "server/content.hpp"
#include "server/schema.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport {

// What a client can be asked for.
enum class Capability : std::uint8_t { sampling, elicitation, elicitation_url, roots };

// A turn of a model that the client runs.
struct SampleRequest {
  std::vector<PromptMessage> messages;
  int max_tokens = 1000;
  std::string system_prompt = {};
  std::optional<double> temperature = {};
  std::vector<std::string> stop_sequences = {};
  std::optional<Json> model_preferences = {};

  Json json() const;
};

// One question. `key` names it among those of the same call: a client of the modern era answers by it.
struct Question {
  std::string key;
  Capability needs;
  Json params;

  // `schema`: an object of strings, numbers, booleans and choices.
  static Question form(std::string_view key, std::string_view message, const Json& schema);
  // The user is sent to a page of ours; what is told there does not pass the client.
  static Question page(std::string_view key, std::string_view message, std::string_view url);
  static Question sample(std::string_view key, const SampleRequest& request);
  static Question roots(std::string_view key);

  std::string_view method() const;
};

// What a user said to a form or a page.
struct Elicited {
  enum class Action : std::uint8_t { accept, decline, cancel };
  Action action = Action::cancel;
  Json content = {};  // of a form that was accepted

  bool accepted() const noexcept { return action == Action::accept; }
};

template <class T>
struct ElicitedAs {
  Elicited::Action action = Elicited::Action::cancel;
  std::optional<T> content = {};  // there if it was accepted

  bool accepted() const noexcept { return content.has_value(); }
};

struct Sampled {
  Role role = Role::assistant;
  std::string model = {};
  std::string stop_reason = {};
  Json content = {};  // a block, or an array of blocks

  std::string text() const;  // of its text blocks
};

struct Root {
  std::string uri;
  std::string name = {};
};

namespace detail {

// Out of the results that a client gave. PROTO_004 for what is none.
Result<Elicited> read_elicited(const Json& result);
Result<Sampled> read_sampled(const Json& result);
Result<std::vector<Root>> read_roots(const Json& result);
Result<void> check_answer(const Question& question, const Json& result);
// A schema without what forms do not have.
Json form_schema(const std::string& schema);
Error misfit_error(const Misfit& misfit);

}  // namespace detail
}  // namespace sallyport
