#include "upstream/watches.hpp"

#include <utility>

namespace sallyport::upstream {
namespace {

// What is called may end its subscription, or others'.
void call_all(std::vector<Watches::Heard> listeners) {
  for (const Watches::Heard& heard : listeners) heard();
}

}  // namespace

Watches::Place Watches::add(std::string_view uri, Heard heard) {
  Entry& entry = by_uri_[std::string(uri)];
  ++listeners_;
  return {std::string(uri), entry.listeners.insert(entry.listeners.end(), std::move(heard))};
}

bool Watches::remove(const Place& place) {
  const auto entry = by_uri_.find(place.first);
  entry->second.listeners.erase(place.second);
  --listeners_;
  if (!entry->second.listeners.empty()) return false;
  by_uri_.erase(entry);
  return true;
}

bool Watches::established(std::string_view uri) const {
  const auto entry = by_uri_.find(uri);
  return entry != by_uri_.end() && entry->second.established;
}

void Watches::establish(std::string_view uri) {
  const auto entry = by_uri_.find(uri);
  if (entry != by_uri_.end()) entry->second.established = true;
}

void Watches::forget_established() {
  for (auto& [uri, entry] : by_uri_) entry.established = false;
}

void Watches::updated(std::string_view uri) {
  std::vector<Heard> concerned;
  const auto take = [&](std::string_view subscribed) {
    const auto entry = by_uri_.find(subscribed);
    if (entry == by_uri_.end()) return;
    concerned.insert(concerned.end(), entry->second.listeners.begin(), entry->second.listeners.end());
  };
  take(uri);
  for (std::size_t at = uri.find_first_of("/?#"); at != std::string_view::npos;
       at = uri.find_first_of("/?#", at + 1)) {
    if (at > 0) take(uri.substr(0, at));
    if (at + 1 < uri.size()) take(uri.substr(0, at + 1));
  }
  call_all(std::move(concerned));
}

void Watches::all_updated() {
  std::vector<Heard> concerned;
  for (const auto& [uri, entry] : by_uri_)
    concerned.insert(concerned.end(), entry.listeners.begin(), entry.listeners.end());
  call_all(std::move(concerned));
}

std::vector<std::string> Watches::uris() const {
  std::vector<std::string> uris;
  for (const auto& [uri, entry] : by_uri_) uris.push_back(uri);
  return uris;
}

}  // namespace sallyport::upstream
