#include "upstream/fetch.hpp"

#include "base/ids.hpp"
#include "classify/jsonrpc.hpp"
#include "classify/refine.hpp"
#include "json/scanner.hpp"
#include "task/group.hpp"
#include "task/wait.hpp"
#include "telemetry/log.hpp"
#include "upstream/catalogue.hpp"
#include "upstream/failures.hpp"

#include <algorithm>
#include <unordered_set>

namespace sallyport::upstream {
namespace {

using protocol::Field;
using protocol::List;

constexpr std::size_t max_pages = 1000;
constexpr std::size_t max_cursor = std::size_t{64} << 10;
constexpr int method_not_found = -32601;

Error unusable(Code code, const client::Target& target) {
  return Error(code).with_executed(Executed::no).with_slot(Slot::server, target.key);
}

// The server's own error in place of a list.
Error refused(const protocol::Message& answer, std::string_view bytes, const client::Target& target) {
  std::string scratch;
  classify::Context context;
  context.operation = classify::Operation::discovery;
  context.executed = Executed::no;
  context.detail = answer.text(Field::error_message, bytes, scratch).value_or("");
  return classify::from_jsonrpc(answer.error_code(bytes), std::nullopt, context)
      .with_slot(Slot::server, target.key);
}

std::size_t count(std::string_view text, json::Span array) {
  std::size_t elements = 0;
  json::ElementCursor cursor(text, array);
  while (elements <= max_listed && cursor.next()) ++elements;
  return elements;
}

// Asks again as the table of recovery says; who waits for the list sets the time for all of it.
Task<std::unique_ptr<pipeline::Answer>> ask(task::Loop& loop, client::Channel& channel,
                                            const client::Target& target, const Settings& settings,
                                            const client::Outgoing& question) {
  const recovery::Facts facts{
      .operation = classify::Operation::discovery, .server = target.key, .idempotent = true};
  for (std::uint32_t attempt = 2;; ++attempt) {
    auto answer = co_await channel.request(question);
    if (answer) co_return answer;
    const Error failed = as_discovery(answer.error());
    const recovery::Decision decision = settings.recovery.decide(failed, facts);
    const auto pause = recovery::pause(decision, failed, attempt, random_share());
    if (attempt > decision.attempts || !pause) co_return answer;
    log::debug("a list is read again", {{"server", target.key}, {"attempt", attempt}, {"error", failed}});
    CO_TRY(co_await task::Sleep(loop.timers(), loop.now() + *pause));
  }
}

Task<ListedPages> read_list(task::Loop& loop, client::Channel& channel, const client::Target& target,
                            const Settings& settings, const protocol::ListRow& row) {
  ListedPages listed;
  std::uint64_t room = settings.response;
  std::size_t entries = 0;
  std::unordered_set<std::string> cursors;
  std::string cursor;
  for (std::size_t page = 0; page < max_pages; ++page) {
    client::Outgoing question;
    question.method = row.method;
    question.cursor = cursor;
    question.repeatable = true;
    const auto answer = CO_TRY(co_await ask(loop, channel, target, settings, question));
    const std::string_view bytes = answer->bytes;
    if (answer->message.kind() == protocol::MessageKind::error_response) {
      if (answer->message.error_code(bytes) == method_not_found) co_return listed;  // it has no such list
      co_return Failure(refused(answer->message, bytes, target));
    }
    const json::Value array =
        json::find_member(bytes, answer->message[Field::result].value.span, row.member).value;
    if (!array.is(json::Type::array))
      co_return Failure(unusable(Code::discovery_tool_validation_failed, target));
    if (array.span.size() > room) {
      listed.dropped.emplace_back("the rest: more than limits.response in all");
      co_return listed;
    }
    room -= array.span.size();
    entries += count(bytes, array.span);
    listed.pages.emplace_back(array.of(bytes));
    if (entries > max_listed || !answer->message.is(Field::next_cursor, json::Type::string)) co_return listed;
    cursor = answer->message.raw(Field::next_cursor, bytes);
    if (cursor.size() > max_cursor || !cursors.insert(cursor).second) break;
  }
  listed.dropped.emplace_back("the rest: its pages do not end");
  co_return listed;
}

Task<ListedPages> read_in_time(task::Loop& loop, client::Channel& channel, const client::Target& target,
                               const Settings& settings, const protocol::ListRow& row) {
  const auto late = [&settings](const Error& cancelled) {
    return classify::out_of_time(cancelled, settings.discovery)
        .with_executed(Executed::no)
        .with_phase(cancelled.phase().value_or(Phase::wait));
  };
  co_return co_await task::with_deadline(loop.timers(), loop.now() + settings.discovery,
                                         read_list(loop, channel, target, settings, row), late);
}

bool asks_for(const protocol::ListRow& row, const protocol::ServerCapabilities& offers) {
  return row.list == List::tools || offers.has(row.topic);
}

std::shared_ptr<const ListedPages> without(std::shared_ptr<const ListedPages> before, const Error& error) {
  ListedPages kept = before ? *before : ListedPages();
  kept.dropped.push_back("the list could not be read (" + std::string(wire_name(error.code())) + ")");
  return std::make_shared<const ListedPages>(std::move(kept));
}

}  // namespace

bool Listing::operator==(const Listing& other) const {
  return http == other.http && offers == other.offers &&
         std::ranges::equal(lists, other.lists, [](const auto& a, const auto& b) { return *a == *b; });
}

Task<std::shared_ptr<const Listing>> fetch_lists(task::Loop& loop, client::Channel& channel,
                                                 const client::Target& target, const Settings& settings,
                                                 protocol::Topics topics,
                                                 std::shared_ptr<const Listing> before) {
  auto listing = std::make_shared<Listing>();
  listing->http = !target.is_stdio() && protocol::era(channel.revision()) == protocol::Era::modern;
  listing->offers = channel.capabilities();
  std::vector<List> asked;
  std::vector<Task<ListedPages>> tasks;
  for (const protocol::ListRow& row : protocol::list_rows) {
    auto& pages = listing->lists[static_cast<std::size_t>(row.list)];
    pages =
        before ? before->lists[static_cast<std::size_t>(row.list)] : std::make_shared<const ListedPages>();
    if (!topics.has(row.topic)) continue;
    if (!asks_for(row, listing->offers)) {
      pages = std::make_shared<const ListedPages>();
      continue;
    }
    asked.push_back(row.list);
    tasks.push_back(read_in_time(loop, channel, target, settings, row));
  }
  auto read = CO_TRY(co_await task::gather(loop, std::move(tasks)));
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& pages = listing->lists[static_cast<std::size_t>(asked[i])];
    if (read[i]) {
      pages = std::make_shared<const ListedPages>(std::move(*read[i]));
    } else if (asked[i] == List::tools || read[i].error().code() == Code::proto_cancelled) {
      co_return Failure(std::move(read[i]).error());
    } else {
      pages = without(std::move(pages), read[i].error());
    }
  }
  co_return listing;
}

}  // namespace sallyport::upstream
