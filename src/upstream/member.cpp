#include "upstream/member.hpp"

#include "telemetry/log.hpp"

namespace sallyport::upstream {

Member::Member(std::shared_ptr<Server> server, Definition definition, const Settings& settings)
    : server_(std::move(server)), definition_(std::move(definition)), settings_(settings) {}

Status Member::status() const {
  Status status = server_->status();
  if (!catalogue_) return status;
  status.tools = catalogue_->tools.size();
  status.resources = catalogue_->resources.size();
  status.templates = catalogue_->templates.size();
  status.prompts = catalogue_->prompts.size();
  return status;
}

const std::shared_ptr<const Catalogue>& Member::catalogue() {
  if (server_->listing() == listing_) return catalogue_;
  listing_ = server_->listing();
  catalogue_.reset();
  if (!listing_) return catalogue_;
  CatalogueBuilder builder(definition_, settings_, listing_->http);
  for (const protocol::ListRow& row : protocol::list_rows) {
    const ListedPages& listed = *listing_->lists[static_cast<std::size_t>(row.list)];
    for (const std::string& page : listed.pages)
      builder.add(row.list, page, {0, static_cast<std::uint32_t>(page.size())});
    for (const std::string& note : listed.dropped) builder.drop(std::string(row.what) + "s: " + note);
  }
  auto catalogue = std::make_shared<Catalogue>(std::move(builder.catalogue()));
  catalogue->offers = listing_->offers;
  for (const std::string& note : catalogue->dropped) {
    log::warn("something that the server lists is left out", {{"server", key()}, {"entry", note}});
  }
  catalogue_ = std::move(catalogue);
  return catalogue_;
}

}  // namespace sallyport::upstream
