// Carries an upstream's result or notification over to a client of any revision, with as few changed bytes as
// it can.
#pragma once

#include "protocol/envelope.hpp"
#include "protocol/log_level.hpp"
#include "protocol/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::protocol {

// The text of `result` for a client of this revision: a view into `bytes` if nothing changes (no memory is
// taken), else into `storage`. `response` is a result_response to `method` whose resultType is "complete" or
// absent.
// Every client: `_meta` members `dev.sallyport/*` and `arcade` from outside are dropped.
// Legacy: resultType, ttlMs, cacheScope, the serverInfo in _meta and a structuredContent that is no object
// are dropped. What the revision has no word for goes too: any structuredContent before 2025-06-18; and of
// content blocks a resource_link before 2025-06-18 and audio before 2025-03-26 become text that says what
// stood there, because clients of then refuse a whole result for a block that they do not know. Modern:
// resultType is "complete", _meta's serverInfo is ours; what may be cached has ttlMs (the server's, or 0) and
// is private. `degraded`: a raw value for _meta["dev.sallyport/degraded"], or empty.
std::string_view rewrite_result(std::string_view bytes, const Message& response, Method method,
                                Revision client, std::string& storage, std::string_view degraded = {});

// The upstream's notifications/progress with the caller's own token (raw) in the place of ours. Of an
// upstream's _meta nothing passes; `meta`: an object in its place, or empty.
std::string rewrite_progress(std::string_view bytes, const Message& notification, std::string_view token,
                             std::string_view meta = {});

// The upstream's notifications/message with its level, logger and data alone, and `meta` as above.
std::string rewrite_log(std::string_view bytes, const Message& notification, std::string_view meta = {});
// Nothing if it has none that the spec knows.
std::optional<LogLevel> message_level(const Message& message, std::string_view bytes);

// What an upstream's resultType says: "complete" and absent are answers; unknown words are none.
enum class ResultClass : std::uint8_t { complete, input_required, task, other };
ResultClass classify_result(const Message& response, std::string_view bytes);

// An upstream's JSON-RPC error as a client of this revision gets it: the code stays if it is standard,
// defined by the application, or defined in that revision, else -32603; the message without control
// characters, at most 1 KiB; of the data only members that the spec defines. That there is no such resource
// is -32002 up to 2025-11-25 and -32602 with data.uri after. `id` is the client's, raw.
std::string rewrite_error(std::string_view bytes, const Message& response, Method method, std::string_view id,
                          Revision client);

// The HTTP status under which a response of a server is passed on: 400 where the client's revision wants it
// for the error's code (-32021 of the modern one), else 200.
int forwarded_status(std::string_view bytes, const Message& response, Revision client);

}  // namespace sallyport::protocol
