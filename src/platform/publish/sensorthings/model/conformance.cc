#include "platform/publish/sensorthings/model/conformance.h"

#include <array>

namespace bypuls::sensorthings {
namespace {

#define REQUIREMENT(name) "http://www.opengis.net/spec/iot_sensing/1.1/req/" name

constexpr std::array<std::string_view, 35> requirements{
    REQUIREMENT("datamodel/thing/properties"),
    REQUIREMENT("datamodel/thing/relations"),
    REQUIREMENT("datamodel/location/properties"),
    REQUIREMENT("datamodel/location/relations"),
    REQUIREMENT("datamodel/historical-location/properties"),
    REQUIREMENT("datamodel/historical-location/relations"),
    REQUIREMENT("datamodel/datastream/properties"),
    REQUIREMENT("datamodel/datastream/relations"),
    REQUIREMENT("datamodel/sensor/properties"),
    REQUIREMENT("datamodel/sensor/relations"),
    REQUIREMENT("datamodel/observed-property/properties"),
    REQUIREMENT("datamodel/observed-property/relations"),
    REQUIREMENT("datamodel/observation/properties"),
    REQUIREMENT("datamodel/observation/relations"),
    REQUIREMENT("datamodel/feature-of-interest/properties"),
    REQUIREMENT("datamodel/feature-of-interest/relations"),
    REQUIREMENT("datamodel/entity-control-information/common-control-information"),
    REQUIREMENT("resource-path/resource-path-to-entities"),
    REQUIREMENT("request-data/status-codes"),
    REQUIREMENT("request-data/query-status-codes"),
    REQUIREMENT("request-data/order"),
    REQUIREMENT("request-data/select"),
    REQUIREMENT("request-data/expand"),
    REQUIREMENT("request-data/orderby"),
    REQUIREMENT("request-data/skip"),
    REQUIREMENT("request-data/top"),
    REQUIREMENT("request-data/count"),
    REQUIREMENT("request-data/filter"),
    REQUIREMENT("request-data/built-in-filter-operations"),
    REQUIREMENT("request-data/built-in-query-functions"),
    REQUIREMENT("request-data/pagination"),
    REQUIREMENT("multi-datastream/properties"),
    REQUIREMENT("multi-datastream/relations"),
    REQUIREMENT("multi-datastream/constraints"),
    REQUIREMENT("data-array/data-array"),
};

constexpr std::array<std::string_view, 2> of_mqtt{
    REQUIREMENT("create-observations-via-mqtt/observations-creation"),
    REQUIREMENT("receive-updates-via-mqtt/receive-updates"),
};

#undef REQUIREMENT

}  // namespace

std::span<const std::string_view> mqtt_requirements() {
    return of_mqtt;
}

std::vector<std::string_view> conformance(bool mqtt) {
    std::vector<std::string_view> all(requirements.begin(), requirements.end());
    if (mqtt) {
        all.insert(all.end(), of_mqtt.begin(), of_mqtt.end());
    }
    return all;
}

}  // namespace bypuls::sensorthings
