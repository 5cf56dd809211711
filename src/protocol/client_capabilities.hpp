// What a client says that servers may ask it for: its model, its user, its roots.
#pragma once

#include "protocol/method.hpp"
#include "protocol/revision.hpp"

#include <string>
#include <string_view>

namespace sallyport::protocol {

struct ClientCapabilities {
  bool sampling = false;
  bool sampling_tools = false;    // with tools for the model
  bool sampling_context = false;  // with the context of servers
  bool forms = false;             // elicitation
  bool urls = false;
  bool roots = false;

  bool none() const noexcept { return *this == ClientCapabilities(); }
  bool operator==(const ClientCapabilities&) const = default;
};

// Of the raw `capabilities` object of a client; empty: none. Who declares elicitation without saying how can
// show forms.
ClientCapabilities read_client_capabilities(std::string_view raw);

// Less what the revision does not know.
ClientCapabilities within(ClientCapabilities capabilities, Revision revision);

// The object as a client of this revision declares it.
std::string client_capabilities_json(const ClientCapabilities& capabilities, Revision revision);

}  // namespace sallyport::protocol
