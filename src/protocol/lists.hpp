// The lists that a server keeps: how each is asked for, where its entries stand, what says that it changed.
#pragma once

#include "protocol/method.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sallyport::protocol {

enum class List : std::uint8_t { tools, resources, templates, prompts };
inline constexpr std::size_t list_count = 4;

// What a list_changed notification speaks of: resources and their templates change under one word.
enum class Topic : std::uint8_t { tools, resources, prompts };
inline constexpr std::size_t topic_count = 3;

class Topics {
 public:
  constexpr Topics() = default;
  constexpr Topics(std::initializer_list<Topic> topics) {
    for (const Topic topic : topics) add(topic);
  }
  static constexpr Topics all() { return {Topic::tools, Topic::resources, Topic::prompts}; }

  constexpr void add(Topic topic) noexcept { bits_ |= bit(topic); }
  constexpr void add(Topics others) noexcept { bits_ |= others.bits_; }
  constexpr bool has(Topic topic) const noexcept { return (bits_ & bit(topic)) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  friend constexpr bool operator==(Topics, Topics) = default;

 private:
  static constexpr std::uint8_t bit(Topic topic) noexcept {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(topic));
  }
  std::uint8_t bits_ = 0;
};

struct ListRow {
  List list;
  Method method;            // that asks for it
  Topic topic;              // that says that it changed
  std::string_view member;  // of the result, an array of objects
  std::string_view key;     // the string member that names an entry
  std::string_view what;    // one entry, for people
};

inline constexpr std::array<ListRow, list_count> list_rows{{
    {List::tools, Method::tools_list, Topic::tools, "tools", "name", "tool"},
    {List::resources, Method::resources_list, Topic::resources, "resources", "uri", "resource"},
    {List::templates, Method::resources_templates_list, Topic::resources, "resourceTemplates", "uriTemplate",
     "resource template"},
    {List::prompts, Method::prompts_list, Topic::prompts, "prompts", "name", "prompt"},
}};

constexpr const ListRow& row(List list) noexcept {
  return list_rows[static_cast<std::size_t>(list)];
}

struct TopicRow {
  Topic topic;
  Method notification;
  std::string_view filter;      // the member of subscriptions/listen that asks for it
  std::string_view capability;  // of the server that has such lists
};

inline constexpr std::array<TopicRow, topic_count> topic_rows{{
    {Topic::tools, Method::notifications_tools_list_changed, "toolsListChanged", "tools"},
    {Topic::resources, Method::notifications_resources_list_changed, "resourcesListChanged", "resources"},
    {Topic::prompts, Method::notifications_prompts_list_changed, "promptsListChanged", "prompts"},
}};

constexpr const TopicRow& row(Topic topic) noexcept {
  return topic_rows[static_cast<std::size_t>(topic)];
}

}  // namespace sallyport::protocol
