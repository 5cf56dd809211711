#include "net/failure.hpp"

#include "classify/transport.hpp"

namespace sallyport::net {

Error transport_failure(std::error_code error, Phase phase) {
  const std::string text = error.message();
  classify::Context context;
  context.phase = phase;
  context.detail = text;
  return classify::from_error_code({error.category().name(), error.value()}, context);
}

}  // namespace sallyport::net
