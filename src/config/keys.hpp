// The one table of configuration keys: what each is, where it goes, its default, and whether this build
// enforces it.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sallyport::config {

// How a value is written; the words for people stand in describe().
enum class Type : std::uint8_t {
  any,      // of keys that are not enforced
  section,  // a map of the keys below it in the table
  servers,  // a map of sections under names that the operator chooses
  rules,    // a list of sections
  boolean,
  integer,
  duration,
  size,
  rate,
  share,  // from 0 to 1
  address,
  addresses,  // one, or a list of them
  receiver,   // one to send to
  choice,
  text,
  path,
  url,
  secret_url,   // one that may hold a credential
  token,        // a secret that callers show
  separator,    // characters of tool names
  prefix,       // the empty text
  arguments,    // a list of texts that may hold secrets
  environment,  // a map of texts that may hold secrets
  headers,      // likewise, under header names
  origins,
  hosts,
  proxies,   // a list of addresses and ranges
  patterns,  // a list of patterns for tool names
  statuses,  // a list of HTTP statuses
  seal_keys,
  error_code,
  tool_durations,
  tool_names,
  tool_texts,
};

// Where a value goes.
using Slot =
    std::variant<std::monostate, bool*, double*, std::int32_t*, std::uint32_t*, std::uint64_t*, Milliseconds*,
                 std::optional<Milliseconds>*, std::string*, std::optional<std::string>*, Address*,
                 std::optional<Address>*, std::vector<Address>*, Rate*, std::optional<Rate>*, LimitBy*,
                 Isolation*, Validation*, LogLevel*, LogFormat*, OnFailure*, Strategy*,
                 std::optional<Family>*, std::optional<classify::Operation>*, std::optional<client::Fault>*,
                 std::vector<recovery::Rule>*, std::vector<FaultRule>*, std::vector<std::string>*, Secret*,
                 std::vector<Secret>*, std::vector<EnvironmentEntry>*, std::vector<Header>*,
                 std::vector<std::uint16_t>*, std::map<std::string, Milliseconds, std::less<>>*,
                 std::map<std::string, std::string, std::less<>>*>;

// What slots are found in; `server` is set within `servers.*`, `rule` within `recovery.*`, `fault`
// within `faults.*`.
struct Scope {
  Config* config = nullptr;
  Server* server = nullptr;
  recovery::Rule* rule = nullptr;
  FaultRule* fault = nullptr;
};

struct Key {
  std::string_view
      path;  // `servers.*.tools.allow`; `*` is a name that the operator chooses, or a place in a list
  Type type;
  std::string_view since;     // the release that enforces it; empty: known, but refused until one does
  std::string_view standard;  // the default as the file would say it; empty: none
  std::string_view doc;
  Slot (*slot)(Scope&) = nullptr;
  std::uint64_t min = 0;  // of integers; of durations in milliseconds, of sizes in bytes
  std::uint64_t max = 0;
  std::string_view choices = {};  // `a|b`, in the order of the enumerators
  std::string_view later = {};    // choices that are known, but refused until a release enforces them
  std::string_view bare = {};     // of a section: the key below it that is meant by a value instead of a map

  bool enforced() const { return !since.empty(); }
  std::string_view name() const { return path.substr(path.rfind('.') + 1); }
};

// In the order of product.md.
std::span<const Key> keys() noexcept;

// `path` with `*` for chosen names.
const Key* find_key(std::string_view path) noexcept;

// The names directly below a section that this build enforces.
std::vector<std::string> names_below(std::string_view section);

std::vector<std::string> split_choices(std::string_view choices);

struct TypeWords {
  std::string_view name;     // "a duration"
  std::string_view form;     // "a whole number with a unit: ms, s, m, h or d"
  std::string_view example;  // "55s"
};

const TypeWords& describe(Type type) noexcept;

}  // namespace sallyport::config
