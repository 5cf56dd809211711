// Reads what a server lists, to the end of its pages and within bounds.
#pragma once

#include "client/channel.hpp"
#include "task/loop.hpp"
#include "upstream/definition.hpp"
#include "upstream/listing.hpp"

#include <memory>

namespace sallyport::upstream {

// The lists of these topics, each within `timeouts.discovery`; of the others `before` (null: nothing) keeps
// what it has. Only the tools have to be had: another list that cannot be read is empty or what it was, and
// says so in `dropped`. Lists that the server does not announce are not asked for, but the tools are: servers
// written by hand forget to announce them, and there is no gateway without.
Task<std::shared_ptr<const Listing>> fetch_lists(task::Loop& loop, client::Channel& channel,
                                                 const client::Target& target, const Settings& settings,
                                                 protocol::Topics topics,
                                                 std::shared_ptr<const Listing> before);

}  // namespace sallyport::upstream
