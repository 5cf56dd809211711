// Who wants to hear of updates of which resources of one server.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::upstream {

// Bookkeeping alone: one subscription at the server a URI, however many want it.
class Watches {
 public:
  using Heard = std::function<void()>;
  struct Entry {
    std::list<Heard> listeners;
    bool established = false;  // the server knows
  };
  using Place = std::pair<std::string, std::list<Heard>::iterator>;

  Place add(std::string_view uri, Heard heard);
  bool remove(const Place& place);  // true: nobody wants this URI any more

  bool established(std::string_view uri) const;
  void establish(std::string_view uri);
  void forget_established();  // the connection is another one

  // The update of `uri`, or of something below it (spec, Resources): calls who subscribed to either.
  void updated(std::string_view uri);
  void all_updated();  // nothing is replayed after a gap: whoever listens has to look again

  std::vector<std::string> uris() const;
  std::size_t listeners() const noexcept { return listeners_; }
  bool has(std::string_view uri) const { return by_uri_.contains(uri); }

 private:
  std::map<std::string, Entry, std::less<>> by_uri_;
  std::size_t listeners_ = 0;
};

}  // namespace sallyport::upstream
