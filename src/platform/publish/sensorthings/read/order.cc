#include "platform/publish/sensorthings/read/order.h"

namespace bypuls::sensorthings {
namespace {

const std::string* json_of(const query::Value& value) {
    if (const auto* geometry = std::get_if<query::Geometry>(&value)) {
        return &geometry->geojson;
    }
    const auto* json = std::get_if<query::Json>(&value);
    return json == nullptr ? nullptr : &json->text;
}

/// Objects and places by their text: OGC's suite orders by `location` and reads the answer so.
std::weak_ordering compare_values(const query::Value& a, const query::Value& b) {
    const auto* left = json_of(a);
    const auto* right = json_of(b);
    return left != nullptr && right != nullptr ? *left <=> *right : registry::compare_keys(a, b);
}

}  // namespace

Result<std::vector<query::Value>> keys_of(Session& session, const std::vector<query::Order>& order,
                                          const std::shared_ptr<const Entity>& entity) {
    const EntityRecord record(session, entity);
    std::vector<query::Value> keys;
    keys.reserve(order.size());
    for (const query::Order& by : order) {
        TRY(auto key, query::evaluate(by.by, record, session.now()));
        keys.push_back(std::move(key));
    }
    return keys;
}

std::weak_ordering compare(const PageEnd& a, const PageEnd& b, const std::vector<query::Order>& order) {
    for (std::size_t i = 0; i < order.size(); ++i) {
        const auto way = compare_values(a.keys[i], b.keys[i]);
        if (way != 0) {
            return order[i].descending ? 0 <=> way : way;
        }
    }
    // Entities alike come by rising id, as where the registry orders by itself; readings go on in the direction of the
    // last key, as they lie.
    const bool is_reading = a.place.size() > 1;
    const auto way = a.place <=> b.place;
    return is_reading && !order.empty() && order.back().descending ? 0 <=> way : way;
}

}  // namespace bypuls::sensorthings
