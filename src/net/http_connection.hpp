// One connection of the HTTP server: its bytes, its state, the loop over its requests.
#pragma once

#include "net/http_server.hpp"

#include <array>

namespace sallyport::net {

// Reads ahead while a request is being worked on, so that a client that closes is noticed at once: the read
// that sees the end is the one that would have waited for the next request.
class HttpConnection final : public OpenConnection, private Completion {
 public:
  HttpConnection(task::Loop& loop, HttpServer& server, std::unique_ptr<Stream> stream, Peer peer);
  ~HttpConnection();

  Task<void> run();
  void close_if(Idle idle) noexcept override;

 private:
  friend Exchange;
  class DataWait;

  enum class Phase : std::uint8_t { idle, receiving, working, leaving };

  Task<bool> receive_head();  // false: the client is done
  Task<bool> refuse_head();   // false
  enum class Received : std::uint8_t { all, refused, nothing };
  std::optional<HttpReply> refused_by_head();
  bool take_body() noexcept;
  Task<Received> receive_body(std::optional<HttpReply> refusal);  // or what take_body() does not find here
  Task<Received> receive_length(std::size_t length);
  Task<Received> receive_chunked();
  void begin_work();
  void end_work();
  Task<void> failed(Error error);
  Task<bool> more();  // reads something; false at the end
  bool has_to_wait() const noexcept { return ahead_bytes_ == 0 && !at_end_; }
  bool take_ahead();
  Task<void> refuse(const HttpReply& reply);
  Task<void> write_reply(int status, std::span<const std::string_view> body, std::string_view headers,
                         std::string_view content_type, bool close);
  void read_ahead();
  void done(std::error_code error, std::size_t bytes) noexcept override;
  void watch(std::chrono::milliseconds limit);  // closes then, unless it is watched anew, or no longer
  void look();
  void keep_head();
  void finish_request();
  bool quiet() const noexcept;  // nothing of a next request is here
  Task<void> linger();          // lets a refused client read why before its unread bytes reset the connection

  task::Loop& loop_;
  HttpServer& server_;
  std::unique_ptr<Stream> stream_;
  Peer peer_;

  InputBuffer input_;
  std::array<char, 2048> ahead_;
  std::size_t ahead_bytes_ = 0;
  bool reading_ahead_ = false;
  bool at_end_ = false;
  DataWait* waiter_ = nullptr;

  Phase phase_ = Phase::idle;
  task::Timer timer_;
  std::optional<SteadyTime> watched_until_;
  bool close_after_ = false;
  bool asked_ = false;  // it has been answered before

  RequestHead head_;
  std::string_view head_text_;  // in the input, or:
  std::string head_bytes_;
  std::string_view body_;
  std::string decoded_body_;
  Budget::Charge charge_;  // for the body
  bool replied_ = false;   // a head was sent
  bool events_ended_ = false;
  std::optional<Outbox> events_;
  std::function<void()> gone_;
};

}  // namespace sallyport::net
