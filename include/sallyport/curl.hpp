// For tools that use libcurl: what its failures are to an agent. The library itself is not needed here.
#pragma once

#include "classify/curl_tool.hpp"
