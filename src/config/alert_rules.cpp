#include "config/alert_rules.hpp"

#include "config/values.hpp"

#include <algorithm>

namespace sallyport::config {

void check_alerts(const Config& config, Places& places) {
  const Escalate& escalate = config.escalate;
  const auto webhook = parse_url(escalate.webhook.reveal());
  if (webhook && webhook->scheme == "http" && !is_loopback_host(webhook->host)) {
    places.error("escalate.webhook", {"`escalate.webhook` is http beyond loopback",
                                      "the secret in it, and what fails here, could be read on the way",
                                      "write https, or send to a program on this machine"});
  }
  if (escalate.syslog && !escalate.syslog->is_unix() && !escalate.syslog->is_loopback()) {
    places.warning("escalate.syslog",
                   {"`escalate.syslog` is UDP beyond loopback", "alerts can be read and forged on the way",
                    "write `unix:/dev/log`, and let the syslog daemon send them on by TLS"});
  }
  const bool has_rule = std::ranges::any_of(
      config.recovery, [](const recovery::Rule& rule) { return rule.strategy == Strategy::escalate; });
  if (escalate.quarantine && !has_rule && places.usable("recovery")) {
    places.error("escalate.quarantine",
                 {"`escalate.quarantine` without a rule that escalates",
                  "only an operator's rule switches a server off",
                  "write `recovery: [{match: {server: NAME, code: TOOL_006}, strategy: escalate}]`"});
  }
  if (escalate.otlp && !config.telemetry.otlp.enabled() && places.usable("telemetry.otlp")) {
    places.error("escalate.otlp",
                 {"`escalate.otlp` without `telemetry.otlp`", "there is no collector to send to",
                  "write `telemetry: {otlp: http://127.0.0.1:4318}`"});
  }
}

}  // namespace sallyport::config
