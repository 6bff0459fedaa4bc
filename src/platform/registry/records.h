#pragma once

#include <memory>
#include <vector>

#include "platform/query/evaluate.h"
#include "platform/registry/model.h"
#include "platform/registry/selection.h"
#include "platform/registry/view.h"

/// Entities of the registry as the evaluator of platform/query sees them, under the names of 18-088 §8.2.
namespace bypuls::registry {

/// How records find what they lead to. Outlives its records.
class Links {
public:
    virtual ~Links() = default;

    /// Entities of `kind` that are linked to `of`, by rising id, at most `limit`.
    virtual Result<std::vector<AnyEntity>> linked(const Related& of, Kind kind, std::size_t limit) const = 0;
    /// The record of an entity that a navigation reached. Whoever knows more of it, such as its readings, gives a
    /// record that adds to this one.
    virtual std::unique_ptr<query::Record> record(AnyEntity entity) const;
};

/// Links through a registry.
class ViewLinks : public Links {
public:
    explicit ViewLinks(const View& view) : view_(view) {}
    Result<std::vector<AnyEntity>> linked(const Related& of, Kind kind, std::size_t limit) const override;

private:
    const View& view_;
};

/// `links` outlives the record.
std::unique_ptr<query::Record> make_record(AnyEntity entity, const Links& links);

/// The member of unitOfMeasurement, as JSON: {"name":…,"symbol":…,"definition":…}.
std::string unit_json(const Unit& unit);

}  // namespace bypuls::registry
