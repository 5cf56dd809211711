#include "layers/asking/client_pages.hpp"

#include "base/ids.hpp"
#include "json/scanner.hpp"
#include "json/splice.hpp"
#include "json/text.hpp"
#include "pipeline/edited.hpp"
#include "protocol/envelope.hpp"
#include "protocol/questions.hpp"

#include <list>

namespace sallyport::layers {
namespace {

constexpr std::size_t max_pages = 64;  // of one client

}  // namespace

std::shared_ptr<ClientPage> ClientPage::make(session::Client& client, pipeline::EventSink* stream,
                                             std::string shown) {
  const std::shared_ptr<ClientPage> page(new ClientPage(client, stream, std::move(shown)));
  if (client.pages.size() == max_pages) client.pages.pop_front();
  client.pages.push_back(page);
  return page;
}

void ClientPage::completed() {
  const std::string notification = protocol::elicitation_complete_notification(shown_);
  stream_ ? stream_->notify(notification) : client_->tell(notification);
  std::erase_if(client_->pages, [this](const std::shared_ptr<void>& each) { return each.get() == this; });
}

void show_pages(session::Client& client, pipeline::Answer& answer, const Opened& opened) {
  const auto input = protocol::read_pages_to_open(answer.message, answer.bytes);
  if (!input) return;
  std::list<std::string> shown;
  json::Splice splice(answer.bytes);
  for (const protocol::Question& page : input->questions) {
    std::string own = protocol::elicitation_id(page.params);
    if (own.empty()) continue;
    const auto at = static_cast<std::uint32_t>(page.params.data() - answer.bytes.data());
    const json::Span params{at, at + static_cast<std::uint32_t>(page.params.size())};
    const json::Value id = json::find_member(answer.bytes, params, "elicitationId").value;
    const std::string name = CorrelationId::make().hex();
    splice.replace(id.span, shown.emplace_back(json::quote(name)));
    opened(std::move(own), ClientPage::make(client, nullptr, name));
  }
  if (!shown.empty()) (void)pipeline::take_edited(answer, splice.to_string());
}

}  // namespace sallyport::layers
