// What a request asks for, as a digest: the same for texts that mean the same.
#pragma once

#include "protocol/message.hpp"

#include <string>
#include <string_view>

namespace sallyport::protocol {

// Of the params without their members `_meta`, `inputResponses` and `requestState`, which differ between the
// rounds of one call. The order of members, white space and escapes make no difference; the way in which a
// number is written does. Hexadecimal.
std::string params_digest(const Message& request, std::string_view bytes);
// Likewise, of one member; of one that is absent too.
std::string member_digest(const Message& request, std::string_view bytes, Field member);

}  // namespace sallyport::protocol
