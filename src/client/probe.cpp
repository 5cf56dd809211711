#include "client/probe.hpp"

#include "json/scanner.hpp"

namespace sallyport::client {
namespace {

using protocol::Field;

bool lists_our_revision(std::string_view bytes, const json::Member& list) {
  if (!list.value.is(json::Type::array)) return false;
  for (const json::Value& version : json::elements_of(bytes, list.value.span, 100)) {
    if (version.is(json::Type::string) &&
        json::equals_unescaped(version.of(bytes), protocol::name(protocol::latest_modern))) {
      return true;
    }
  }
  return false;
}

}  // namespace

ProbeVerdict judge_probe(std::string_view bytes, const protocol::Message& answer) {
  if (answer.kind() == protocol::MessageKind::result_response) {
    if (!answer.has(Field::supported_versions)) return ProbeVerdict::legacy;
    return lists_our_revision(bytes, answer[Field::supported_versions]) ? ProbeVerdict::modern
                                                                        : ProbeVerdict::incompatible;
  }
  switch (answer.error_code(bytes)) {
    case -32022:
      return lists_our_revision(bytes, answer[Field::error_supported]) ? ProbeVerdict::modern
                                                                       : ProbeVerdict::incompatible;
    case -32020:
    case -32021:
      return ProbeVerdict::modern;
    default:
      return ProbeVerdict::legacy;
  }
}

}  // namespace sallyport::client
