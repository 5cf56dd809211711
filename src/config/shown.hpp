// A configuration in the words of its file, without anything secret: what operators are shown of it.
#pragma once

#include "config/keys.hpp"

#include <string>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace sallyport::config {

// The value of one key, null if there is none. Secrets are `[secret]`, URLs lose what may hold some.
boost::json::value shown_value(const Key& key, Scope& scope);

// Every key that is enforced, defaults included, in the order of the table.
boost::json::object shown(Config config);

// 16 hexadecimal digits that are the same for configurations that are shown the same.
std::string fingerprint(const boost::json::object& shown);

}  // namespace sallyport::config
