#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "platform/http/message.h"

namespace bypuls::publish {

/// Does a listener want an event with this data?
using Wanted = std::function<bool(std::string_view data)>;

/// The open stream carries on with what is wanted of the events of this name, and with all others.
void leave_wanted(http::Response& response, std::string event, Wanted wanted);

}  // namespace bypuls::publish
