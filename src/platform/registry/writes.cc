#include "platform/registry/writes.h"

#include <fmt/format.h>

namespace bypuls::registry {
namespace {

template <typename IdType>
constexpr Kind kind_of_id = Kind::thing;
template <>
constexpr Kind kind_of_id<LocationId> = Kind::location;
template <>
constexpr Kind kind_of_id<SensorId> = Kind::sensor;
template <>
constexpr Kind kind_of_id<ObservedPropertyId> = Kind::observed_property;
template <>
constexpr Kind kind_of_id<DatastreamId> = Kind::datastream;

/// Replaces what id_from() stands for, wherever it meets one.
class Resolver {
public:
    Resolver(std::span<const std::optional<Kind>> kinds, std::span<const std::int64_t> ids)
        : kinds_(kinds), ids_(ids) {}

    void resolve(std::int64_t& id, Kind wanted) {
        if (id >= 0) {
            return;
        }
        const auto place = static_cast<std::size_t>(-(id + 1));
        if (place < kinds_.size() && kinds_[place] == wanted) {
            id = ids_[place];
            return;
        }
        if (trouble_.empty()) {
            trouble_ =
                fmt::format("it refers to write {}, which does not make a {} before it", place + 1, name_of(wanted));
        }
    }
    template <typename IdType>
    void operator()(IdType& id) {
        resolve(id.value, kind_of_id<IdType>);
    }
    template <typename IdType>
    void operator()(std::vector<IdType>& ids) {
        for (IdType& id : ids) {
            (*this)(id);
        }
    }

    // The references of each kind of entity.
    void references(Thing& thing) { (*this)(thing.locations); }
    void references(Location& /*location*/) {}
    void references(HistoricalLocation& location) {
        (*this)(location.thing);
        (*this)(location.locations);
    }
    void references(Sensor& /*sensor*/) {}
    void references(ObservedProperty& /*property*/) {}
    void references(Datastream& datastream) {
        (*this)(datastream.thing);
        (*this)(datastream.sensor);
        (*this)(datastream.observed_property);
    }
    void references(MultiDatastream& datastream) {
        (*this)(datastream.thing);
        (*this)(datastream.sensor);
        for (Component& component : datastream.components) {
            (*this)(component.observed_property);
        }
    }
    void references(FeatureOfInterest& /*feature*/) {}
    void references(Place& place) {
        (*this)(place.things);
        (*this)(place.datastreams);
    }

    Result<void> outcome() const { return trouble_.empty() ? Result<void>{} : fail(Errc::malformed, trouble_); }

private:
    std::span<const std::optional<Kind>> kinds_;
    std::span<const std::int64_t> ids_;
    std::string trouble_;
};

Kind kind_in(const AnyEntity& any) {
    return std::visit([](const auto& entity) { return kind_of<std::remove_cvref_t<decltype(entity)>>; }, any);
}

}  // namespace

Result<void> resolve(Write& write, std::span<const std::optional<Kind>> kinds, std::span<const std::int64_t> ids) {
    Resolver resolver(kinds, ids);
    if (auto* create = std::get_if<Create>(&write)) {
        std::visit([&](auto& entity) { resolver.references(entity); }, create->entity);
    } else if (auto* update = std::get_if<Update>(&write)) {
        const Kind kind = kind_in(update->entity);
        std::visit(
            [&](auto& entity) {
                resolver.resolve(entity.id.value, kind);
                resolver.references(entity);
            },
            update->entity);
    } else if (auto* remove = std::get_if<Remove>(&write)) {
        resolver.resolve(remove->id, remove->kind);
    } else if (auto* move = std::get_if<Move>(&write)) {
        resolver(move->thing);
        resolver(move->locations);
    }
    return resolver.outcome();
}

std::optional<Kind> made_by(const Write& write) {
    if (const auto* create = std::get_if<Create>(&write)) {
        return kind_in(create->entity);
    }
    return std::holds_alternative<Move>(write) ? std::optional(Kind::historical_location) : std::nullopt;
}

std::unexpected<Error> refused(Error why, std::size_t place, std::span<const std::string> names) {
    if (names.empty()) {
        return fail(std::move(why), fmt::format("write {}", place + 1));
    }
    const std::string& name = names[place];
    return name.empty() ? std::unexpected(std::move(why)) : fail(std::move(why), name);
}

}  // namespace bypuls::registry
