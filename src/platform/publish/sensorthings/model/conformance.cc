#include "platform/publish/sensorthings/model/conformance.h"

#include <array>

namespace bypuls::sensorthings {
namespace {

#define REQUIREMENT(name) "http://www.opengis.net/spec/iot_sensing/1.1/req/" name

constexpr std::array<std::string_view, 34> of_reading{
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
    REQUIREMENT("request-data/status-code"),
    REQUIREMENT("request-data/query-status-code"),
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
};

constexpr std::array<std::string_view, 12> of_changing{
    REQUIREMENT("create-update-delete/create-entity"),
    REQUIREMENT("create-update-delete/link-to-existing-entities"),
    REQUIREMENT("create-update-delete/deep-insert"),
    REQUIREMENT("create-update-delete/deep-insert-status-code"),
    REQUIREMENT("create-update-delete/update-entity"),
    REQUIREMENT("create-update-delete/update-entity-put"),
    REQUIREMENT("create-update-delete/update-entity-jsonpatch"),
    REQUIREMENT("create-update-delete/delete-entity"),
    REQUIREMENT("create-update-delete/historical-location-auto-creation"),
    REQUIREMENT("create-update-delete/historical-location-manual-creation"),
    REQUIREMENT("batch-request/batch-request"),
    REQUIREMENT("data-array/data-array"),
};

constexpr std::array<std::string_view, 2> of_mqtt{
    REQUIREMENT("create-observations-via-mqtt/observations-creation"),
    REQUIREMENT("receive-updates-via-mqtt/receive-updates"),
};

#undef REQUIREMENT

constexpr std::array<std::string_view, 2> of_mqtt_beyond{
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/MqttFilter.html",
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/MqttExpand.html",
};

constexpr std::array<std::string_view, 3> beyond{
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/DeepSelect.html",
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/OpenAPI.html",
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/SelectDistinct.html",
};

constexpr std::string_view json_batches =
    "https://fraunhoferiosb.github.io/FROST-Server/extensions/JsonBatchRequest.html";

}  // namespace

std::span<const std::string_view> mqtt_requirements() {
    return of_mqtt;
}

std::vector<std::string_view> conformance(Offers offers) {
    std::vector<std::string_view> all(of_reading.begin(), of_reading.end());
    if (offers.changes) {
        all.insert(all.end(), of_changing.begin(), of_changing.end());
    }
    if (offers.mqtt) {
        all.insert(all.end(), of_mqtt.begin(), of_mqtt.end());
        all.insert(all.end(), of_mqtt_beyond.begin(), of_mqtt_beyond.end());
    }
    all.insert(all.end(), beyond.begin(), beyond.end());
    if (offers.changes) {
        all.push_back(json_batches);
    }
    return all;
}

}  // namespace bypuls::sensorthings
