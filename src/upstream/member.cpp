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

void Member::inherit(const Member& former) {
  const bool was_off = former.server_->state() == State::disabled;
  const auto& listing = was_off ? former.server_->hidden_listing() : former.listing_;
  const auto& catalogue = was_off ? former.hidden_ : former.catalogue_;
  if (server_->state() == State::disabled) {
    if (listing == server_->hidden_listing()) hidden_ = catalogue;
  } else if (catalogue && listing == server_->listing()) {
    listing_ = listing;
    catalogue_ = catalogue;
  }
}

const std::shared_ptr<const Catalogue>& Member::catalogue() {
  if (server_->listing() == listing_) return catalogue_;
  listing_ = server_->listing();
  catalogue_ = listing_ ? build(*listing_) : nullptr;
  return catalogue_;
}

const std::shared_ptr<const Catalogue>& Member::hidden_catalogue() {
  const std::shared_ptr<const Listing>& listing = server_->hidden_listing();
  if (listing && !hidden_) hidden_ = build(*listing);
  return hidden_;
}

std::shared_ptr<const Catalogue> Member::build(const Listing& listing) const {
  CatalogueBuilder builder(definition_, settings_, listing.http);
  for (const protocol::ListRow& row : protocol::list_rows) {
    const ListedPages& listed = *listing.lists[static_cast<std::size_t>(row.list)];
    for (const std::string& page : listed.pages)
      builder.add(row.list, page, {0, static_cast<std::uint32_t>(page.size())});
    for (const std::string& note : listed.dropped) builder.drop(std::string(row.what) + "s: " + note);
  }
  auto catalogue = std::make_shared<Catalogue>(std::move(builder.catalogue()));
  catalogue->offers = listing.offers;
  for (const std::string& note : catalogue->dropped) {
    log::warn("something that the server lists is left out", {{"server", key()}, {"entry", note}});
  }
  return catalogue;
}

}  // namespace sallyport::upstream
