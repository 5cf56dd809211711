// One server as one configuration shows it: what it lists, under the operator's rules.
#pragma once

#include "upstream/catalogue.hpp"
#include "upstream/definition.hpp"
#include "upstream/server.hpp"

#include <memory>

namespace sallyport::upstream {

// The definition never changes. A reload that changes nothing of it keeps the member, and with it the tools
// that were made of what the server listed.
class Member {
 public:
  Member(std::shared_ptr<Server> server, Definition definition, const Settings& settings);

  const std::shared_ptr<Server>& server() const noexcept { return server_; }
  const Definition& definition() const noexcept { return definition_; }
  const std::string& key() const noexcept { return definition_.key; }
  Status status() const;

  // The tools of one under the same rules, whose server listed what this one's goes on with.
  void inherit(const Member& former);

  // Made anew when the server has listed something else. Null: nothing that may be shown.
  const std::shared_ptr<const Catalogue>& catalogue();
  // What it would show if it were not switched off; null: that is not known, or it is not switched off.
  const std::shared_ptr<const Catalogue>& hidden_catalogue();
  const std::shared_ptr<const Catalogue>& last_catalogue() const noexcept { return catalogue_; }

 private:
  std::shared_ptr<const Catalogue> build(const Listing& listing) const;

  std::shared_ptr<Server> server_;
  Definition definition_;
  Settings settings_;
  std::shared_ptr<const Listing> listing_;  // what the catalogue was made of
  std::shared_ptr<const Catalogue> catalogue_;
  std::shared_ptr<const Catalogue> hidden_;
};

}  // namespace sallyport::upstream
