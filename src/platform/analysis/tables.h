#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/store.h"
#include "platform/registry/registry.h"

namespace duckdb {
class Connection;
class DuckDB;
}  // namespace duckdb

namespace bypuls::analysis {

/// What one connection may see, and what was met while it read. Any number of DuckDB's threads use it.
class View {
public:
    View(observations::Selection visible, Interval interval) : visible_(std::move(visible)), interval_(interval) {}

    const observations::Selection& visible() const { return visible_; }
    Interval interval() const { return interval_; }

    void add_damage(const observations::Damage& damage);
    void set_failure(const Error& error);
    std::vector<observations::Damage> take_damage();
    /// The first trouble in store or registry: DuckDB's own error would only repeat it.
    std::optional<Error> failure() const;

private:
    observations::Selection visible_;
    Interval interval_;
    mutable std::mutex mutex_;
    std::vector<observations::Damage> damage_;
    std::optional<Error> failure_;
};

/// Makes `observations` and `datastreams` known. `store` and `registry` outlive `database`.
void register_tables(duckdb::DuckDB& database, const observations::Store& store, registry::Registry& registry);

/// Everything that the connection reads from now on, it reads through `view`. Without one the tables are refused.
void look_through(duckdb::Connection& connection, std::shared_ptr<View> view);

}  // namespace bypuls::analysis
