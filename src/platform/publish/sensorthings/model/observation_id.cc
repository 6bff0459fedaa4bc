#include "platform/publish/sensorthings/model/observation_id.h"

namespace bypuls::sensorthings {
namespace {

constexpr int second_bits = 34;
constexpr int datastream_bits = 19;
constexpr int whole_bits = second_bits + datastream_bits;  // 53: what a double holds exactly
constexpr std::int64_t seconds_end = std::int64_t{1} << second_bits;
constexpr std::int64_t datastreams_end = std::int64_t{1} << datastream_bits;
constexpr std::int64_t milliseconds_end = 1000;

}  // namespace

std::optional<std::int64_t> observation_id(const ObservationPlace& place) {
    using std::chrono::floor;
    const auto since = place.time - observations::earliest_time;
    const auto seconds = floor<std::chrono::seconds>(since);
    const auto milliseconds = floor<std::chrono::milliseconds>(since - seconds).count();
    if (seconds.count() < 0 || seconds.count() >= seconds_end || place.datastream.value <= 0 ||
        place.datastream.value >= datastreams_end) {
        return std::nullopt;
    }
    return (milliseconds << whole_bits) | (place.datastream.value << second_bits) | seconds.count();
}

std::optional<ObservationPlace> observation_place(std::int64_t id) {
    if (id < 0) {
        return std::nullopt;
    }
    const std::int64_t milliseconds = id >> whole_bits;
    const std::int64_t datastream = (id >> second_bits) & (datastreams_end - 1);
    if (milliseconds >= milliseconds_end || datastream == 0) {
        return std::nullopt;
    }
    return ObservationPlace{observations::DatastreamId{datastream}, observations::earliest_time +
                                                                        std::chrono::seconds{id & (seconds_end - 1)} +
                                                                        std::chrono::milliseconds{milliseconds}};
}

}  // namespace bypuls::sensorthings
