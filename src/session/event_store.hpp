// What was sent on the event streams of legacy sessions, kept for a client that lost its connection and comes
// back with Last-Event-ID. Bounded in number, bytes and time.
#pragma once

#include "errors/result.hpp"
#include "task/timers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include <boost/intrusive/list.hpp>

namespace sallyport::session {

class EventStore;
class SessionEvents;
class EventStream;

struct EventLimits {
  std::uint32_t per_session = 256;
  std::uint64_t bytes = 4u << 20;  // of one session
  std::chrono::milliseconds keep = std::chrono::seconds(60);
  std::uint64_t total = 128u << 20;  // of all sessions together
};

// Progress and log messages make room for answers, which are what the client waits for.
enum class Weight : bool { droppable, required };

// One event. `position` counts the events of its stream from 1.
struct StreamEvent {
  std::uint64_t position = 0;
  std::string message;
  Weight weight = Weight::required;

  using Hook = boost::intrusive::list_member_hook<>;
  Hook in_stream;
  Hook in_session;
  Hook in_store;
  SteadyTime kept_since{};
  EventStream* stream = nullptr;
};

// Who a stream's events go to at the moment: the connection of a POST, or that of a GET that resumed it.
class StreamReader {
 public:
  // True: it is on its way. False: the reader is not there yet, and takes it with after().
  virtual bool event(std::uint64_t position, std::string_view message, Weight weight) = 0;
  virtual void finished() = 0;  // nothing follows
  virtual void replaced() = 0;  // another connection reads from here on, or the session ended

 protected:
  ~StreamReader() = default;
};

// The events of one call, or of a session's stream outside of calls, in order. Who appends does not know
// whether somebody reads.
class EventStream {
 public:
  explicit EventStream(std::string_view request_id);
  ~EventStream();
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  // "{token}-{position}": the token is 96 random bits, so that no session can name an event of another.
  std::string id(std::uint64_t position) const;
  std::uint64_t last() const noexcept { return last_; }
  bool ended() const noexcept { return finished_; }

  void append(std::string_view message, Weight weight);
  // The same, unless an equal event waits already for a reader to come: a notification that says "look again"
  // says it once.
  void append_once(std::string_view message);
  void finish();  // the last event was the answer

  // The new reader gets what is appended from now on; what it has missed it takes with after().
  void attach(StreamReader& reader);
  void detach(StreamReader& reader) noexcept;
  bool attached() const noexcept { return reader_ != nullptr; }

  // The first event behind `position` that is still kept. Positions in between were dropped.
  const StreamEvent* after(std::uint64_t position) const;
  std::uint64_t read() const noexcept { return read_; }  // what readers were given up to now
  void taken(std::uint64_t position) noexcept { read_ = std::max(read_, position); }

  // The raw id of the request whose answer stood behind `position` and was not kept; empty if none was lost.
  std::string_view lost_answer(std::uint64_t position) const noexcept;

 private:
  friend EventStore;
  friend SessionEvents;
  using Events = boost::intrusive::list<
      StreamEvent, boost::intrusive::member_hook<StreamEvent, StreamEvent::Hook, &StreamEvent::in_stream>>;

  std::string token_;
  std::string request_id_;
  std::uint64_t last_ = 0;
  std::uint64_t read_ = 0;  // the last position that a reader was given as it came
  bool finished_ = false;
  SessionEvents* session_ = nullptr;  // null: the session is gone, nothing is kept any more
  StreamReader* reader_ = nullptr;
  Events events_;
  SteadyTime finished_at_{};
  boost::intrusive::list_member_hook<> ended_in_session_;
  boost::intrusive::list_member_hook<> ended_in_store_;
};

// The streams of one session.
class SessionEvents {
 public:
  explicit SessionEvents(EventStore& store) noexcept : store_(&store) {}
  ~SessionEvents();
  SessionEvents(const SessionEvents&) = delete;
  SessionEvents& operator=(const SessionEvents&) = delete;

  // Nothing is kept any more, and who reads is told that nothing follows.
  void close() noexcept;

  // A stream for the answer of this request (its raw id).
  std::shared_ptr<EventStream> open(std::string_view request_id);
  // The stream on which the session hears what belongs to no call; made at the first use, lives as long as
  // it.
  const std::shared_ptr<EventStream>& standing();
  bool has_standing() const noexcept { return standing_ != nullptr; }

  struct Place {
    std::shared_ptr<EventStream> stream;
    std::uint64_t position = 0;
  };
  // PROTO_020 for an id that no stream of this session gave, or whose stream ended longer ago than events are
  // kept: which of these is nobody's business.
  Result<Place> find(std::string_view event_id) const;

  std::size_t streams() const noexcept { return streams_.size(); }
  std::size_t events() const noexcept { return count_; }
  std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  friend EventStore;
  friend EventStream;
  using Events = boost::intrusive::list<
      StreamEvent, boost::intrusive::member_hook<StreamEvent, StreamEvent::Hook, &StreamEvent::in_session>>;

  std::shared_ptr<EventStream> add(std::string_view request_id);
  void forget(EventStream& stream) noexcept;

  EventStore* store_;
  bool closed_ = false;
  std::unordered_map<std::string_view, std::shared_ptr<EventStream>> streams_;  // by token
  std::shared_ptr<EventStream> standing_;
  Events droppable_;  // the oldest first, and so in the store
  Events required_;
  std::size_t count_ = 0;
  std::uint64_t bytes_ = 0;
  boost::intrusive::list<EventStream,
                         boost::intrusive::member_hook<EventStream, boost::intrusive::list_member_hook<>,
                                                       &EventStream::ended_in_session_>>
      ended_;
};

// The events of all sessions. Outlives them.
class EventStore {
 public:
  EventStore(task::Timers& timers, EventLimits limits);
  ~EventStore();

  // Holds for each session from its next event on.
  void set_limits(EventLimits limits);

  enum class Dropped : std::uint8_t { number, bytes, age };

  std::size_t events() const noexcept { return count_; }
  std::uint64_t bytes() const noexcept { return bytes_; }
  // Events that went before their stream was read to its end, by what they made room for.
  std::uint64_t dropped(Dropped why) const noexcept { return dropped_[static_cast<std::size_t>(why)]; }

 private:
  friend EventStream;
  friend SessionEvents;
  using Events = boost::intrusive::list<
      StreamEvent, boost::intrusive::member_hook<StreamEvent, StreamEvent::Hook, &StreamEvent::in_store>>;

  void keep(SessionEvents& session, EventStream& stream, std::uint64_t position, std::string_view message,
            Weight weight);
  void finished(EventStream& stream);
  void drop(StreamEvent& event, std::optional<Dropped> why) noexcept;
  void expire();
  void wind();

  task::Timers* timers_;
  EventLimits limits_;
  Events droppable_;
  Events required_;
  std::size_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::array<std::uint64_t, 3> dropped_{};
  boost::intrusive::list<EventStream,
                         boost::intrusive::member_hook<EventStream, boost::intrusive::list_member_hook<>,
                                                       &EventStream::ended_in_store_>>
      ended_;
  task::Timer timer_;
};

}  // namespace sallyport::session
