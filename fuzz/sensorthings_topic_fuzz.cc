// Any text as a topic of the SensorThings MQTT extension: what can be subscribed to is about something, what can be
// published to leads to observations, and neither needs anything but the text.
#include <cstdint>

#include "core/check.h"
#include "platform/publish/sensorthings/read/topics.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace bypuls;
    using namespace bypuls::sensorthings;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto topic = topic_of(text);
    if (!topic) {
        return 0;
    }
    const auto subject = subject_of(*topic);
    if (subject) {
        check(!subject->path.steps.empty(), "a subject is about something");
        check((subject->what == Subject::What::set) == !subject->path.last().single(), "a set is no single entity");
        check(!subject->options.filter || subject->what == Subject::What::set, "only sets are filtered");
    } else {
        check(!subject.error().what.empty(), "a refusal says why");
    }
    if (check_publishable(*topic)) {
        check(subject && subject->path.last().kind == Kind::observation, "what is published makes observations");
    }
    return 0;
}
