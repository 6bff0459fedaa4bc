#include "platform/analysis/tables.h"

#include <algorithm>
#include <atomic>
#include <unordered_map>

#include <duckdb.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/execution/partition_info.hpp>
#include <duckdb/function/table_function.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/extension/extension_loader.hpp>
#include <duckdb/planner/expression/bound_between_expression.hpp>
#include <duckdb/planner/expression/bound_columnref_expression.hpp>
#include <duckdb/planner/expression/bound_comparison_expression.hpp>
#include <duckdb/planner/expression/bound_conjunction_expression.hpp>
#include <duckdb/planner/expression/bound_operator_expression.hpp>
#include <duckdb/planner/operator/logical_get.hpp>

namespace bypuls::analysis {
namespace {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::LogicalType;
using observations::DatastreamId;
using observations::ResultType;

constexpr auto view_key = "bypuls_view";
constexpr std::size_t damage_max = 1000;

/// Both rooms behind the tables; DuckDB hands it to every bind.
struct Sources final : duckdb::TableFunctionInfo {
    Sources(const observations::Store& store_in, registry::Registry& registry_in)
        : store(store_in), registry(registry_in) {}
    const observations::Store& store;
    registry::Registry& registry;
};

struct ViewOfConnection final : duckdb::ClientContextState {
    explicit ViewOfConnection(std::shared_ptr<View> view_in) : view(std::move(view_in)) {}
    std::shared_ptr<View> view;
};

std::shared_ptr<View> view_of(ClientContext& context) {
    const auto state = context.registered_state->Get<ViewOfConnection>(view_key);
    if (!state) {
        throw duckdb::PermissionException("this connection may see no datastream");
    }
    return state->view;
}

/// DuckDB's way of passing an error up; query() takes the view's failure in its place.
[[noreturn]] void give_up(View& view, const Error& error) {
    view.set_failure(error);
    throw duckdb::IOException(error.what);
}

// ---------------------------------------------------------------- observations

enum ObservationColumn : duckdb::column_t { c_datastream, c_time, c_value, c_text, c_quality, c_usable };

/// What a question's conditions leave of the store: never less than they ask for, since DuckDB applies them again.
struct ObservationsBind final : duckdb::TableFunctionData {
    ObservationsBind(const Sources& sources_in, std::shared_ptr<View> view_in)
        : sources(sources_in), view(std::move(view_in)), wanted(view->visible()), interval(view->interval()) {}
    const Sources& sources;
    std::shared_ptr<View> view;
    observations::Selection wanted;
    Interval interval;

    void keep_only(const std::vector<DatastreamId>& ids) {
        std::vector<DatastreamId> kept;
        for (const DatastreamId id : ids) {
            if (!wanted.ids || std::ranges::find(*wanted.ids, id) != wanted.ids->end()) {
                kept.push_back(id);
            }
        }
        std::ranges::sort(kept);
        kept.erase(std::ranges::unique(kept).begin(), kept.end());
        wanted = observations::Selection::of(std::move(kept));
    }
    void from(Instant t) { interval.from = std::max(interval.from, t); }
    void to(Instant t) { interval.to = std::min(interval.to, t); }
};

duckdb::unique_ptr<duckdb::FunctionData> bind_observations(ClientContext& context,
                                                           duckdb::TableFunctionBindInput& input,
                                                           duckdb::vector<LogicalType>& types,
                                                           duckdb::vector<duckdb::string>& names) {
    names = {"datastream", "time", "value", "text", "quality", "usable"};
    types = {LogicalType::BIGINT,  LogicalType::TIMESTAMP_TZ, LogicalType::DOUBLE,
             LogicalType::VARCHAR, LogicalType::UTINYINT,     LogicalType::BOOLEAN};
    return duckdb::make_uniq<ObservationsBind>(input.info->Cast<Sources>(), view_of(context));
}

/// Reads conditions on `datastream` and `time` and narrows the scan by them.
class Narrower {
public:
    Narrower(ClientContext& context, const duckdb::LogicalGet& get, ObservationsBind& bind)
        : context_(context), get_(get), bind_(bind) {}

    void narrow(const duckdb::Expression& expression) {
        switch (expression.GetExpressionClass()) {
            case duckdb::ExpressionClass::BOUND_CONJUNCTION:
                if (expression.GetExpressionType() == duckdb::ExpressionType::CONJUNCTION_AND) {
                    for (const auto& child : expression.Cast<duckdb::BoundConjunctionExpression>().children) {
                        narrow(*child);
                    }
                }
                break;
            case duckdb::ExpressionClass::BOUND_COMPARISON:
                comparison(expression.Cast<duckdb::BoundComparisonExpression>());
                break;
            case duckdb::ExpressionClass::BOUND_BETWEEN: {
                const auto& between = expression.Cast<duckdb::BoundBetweenExpression>();
                compare(*between.input, duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, *between.lower);
                compare(*between.input, duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO, *between.upper);
                break;
            }
            case duckdb::ExpressionClass::BOUND_OPERATOR:
                if (expression.GetExpressionType() == duckdb::ExpressionType::COMPARE_IN) {
                    one_of(expression.Cast<duckdb::BoundOperatorExpression>());
                }
                break;
            default: break;
        }
    }

private:
    /// The table's column, if the expression is nothing but it.
    std::optional<duckdb::column_t> column(const duckdb::Expression& expression) const {
        if (expression.GetExpressionClass() != duckdb::ExpressionClass::BOUND_COLUMN_REF) {
            return std::nullopt;
        }
        const auto& reference = expression.Cast<duckdb::BoundColumnRefExpression>();
        if (reference.depth != 0 || reference.binding.table_index != get_.table_index) {
            return std::nullopt;
        }
        return get_.GetColumnIds().at(reference.binding.column_index).GetPrimaryIndex();
    }

    std::optional<duckdb::Value> constant(const duckdb::Expression& expression, const LogicalType& type) const {
        duckdb::Value value;
        if (!expression.IsScalar() || expression.IsVolatile() || expression.HasParameter() ||
            !duckdb::ExpressionExecutor::TryEvaluateScalar(context_, expression, value) || value.IsNull() ||
            value.type() != type) {
            return std::nullopt;
        }
        return value;
    }

    void comparison(const duckdb::BoundComparisonExpression& expression) {
        const auto type = expression.GetExpressionType();
        compare(*expression.left, type, *expression.right);
        compare(*expression.right, duckdb::FlipComparisonExpression(type), *expression.left);
    }

    void compare(const duckdb::Expression& left, duckdb::ExpressionType type, const duckdb::Expression& right) {
        const auto at = column(left);
        if (at == c_time) {
            if (const auto value = constant(right, LogicalType::TIMESTAMP_TZ)) {
                bound_time(type, duckdb::TimestampValue::Get(*value).value);
            }
        } else if (at == c_datastream && type == duckdb::ExpressionType::COMPARE_EQUAL) {
            if (const auto value = constant(right, LogicalType::BIGINT)) {
                bind_.keep_only({DatastreamId{duckdb::BigIntValue::Get(*value)}});
            }
        }
    }

    void bound_time(duckdb::ExpressionType type, std::int64_t microseconds) {
        using enum duckdb::ExpressionType;
        const auto last = observations::latest_time.time_since_epoch().count();
        const Instant t{
            Duration{std::clamp(microseconds, observations::earliest_time.time_since_epoch().count(), last)}};
        const Instant after = t == observations::latest_time ? t : t + Duration{1};
        if (type == COMPARE_GREATERTHANOREQUALTO || type == COMPARE_GREATERTHAN || type == COMPARE_EQUAL) {
            bind_.from(t);
        }
        if (type == COMPARE_LESSTHANOREQUALTO || type == COMPARE_LESSTHAN || type == COMPARE_EQUAL) {
            bind_.to(after);
        }
    }

    void one_of(const duckdb::BoundOperatorExpression& in) {
        if (column(*in.children.at(0)) != c_datastream) {
            return;
        }
        std::vector<DatastreamId> ids;
        for (std::size_t i = 1; i < in.children.size(); ++i) {
            const auto value = constant(*in.children[i], LogicalType::BIGINT);
            if (!value) {
                return;
            }
            ids.push_back(DatastreamId{duckdb::BigIntValue::Get(*value)});
        }
        bind_.keep_only(ids);
    }

    ClientContext& context_;
    const duckdb::LogicalGet& get_;
    ObservationsBind& bind_;
};

void push_down(ClientContext& context, duckdb::LogicalGet& get, duckdb::FunctionData* bind,
               duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& filters) {
    Narrower narrower(context, get, bind->Cast<ObservationsBind>());
    for (const auto& filter : filters) {
        narrower.narrow(*filter);
    }
}

/// What the threads of one question share: the parts that the datastreams fall into, in their order.
struct ObservationsScan final : duckdb::GlobalTableFunctionState {
    std::vector<std::vector<DatastreamId>> parts;
    std::atomic<std::size_t> next{0};
    duckdb::vector<duckdb::column_t> columns;

    duckdb::idx_t MaxThreads() const override { return std::max<std::size_t>(parts.size(), 1); }
};

/// One thread's part and how far it has come.
struct ObservationsPart final : duckdb::LocalTableFunctionState {
    std::size_t number = 0;
    std::unique_ptr<observations::Scan> scan;
    std::optional<observations::ColumnView> rows;
    std::size_t at = 0;
    std::size_t damages_told = 0;
};

/// Enough readings for a part that fetching the next one costs nothing beside it, and few enough that both threads have
/// work until the end.
constexpr std::uint64_t part_readings = 250'000;

std::vector<std::vector<DatastreamId>> parts_of(const observations::Store& store,
                                                const observations::Selection& wanted) {
    std::vector<std::vector<DatastreamId>> out;
    std::uint64_t readings = part_readings;
    std::vector<DatastreamId> ids = wanted.ids ? *wanted.ids : store.datastreams();
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
    for (const DatastreamId id : ids) {
        if (readings >= part_readings) {
            out.emplace_back();
            readings = 0;
        }
        out.back().push_back(id);
        readings += store.count(id);
    }
    return out;
}

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_observations(ClientContext&,
                                                                        duckdb::TableFunctionInitInput& input) {
    const auto& bind = input.bind_data->Cast<ObservationsBind>();
    auto state = duckdb::make_uniq<ObservationsScan>();
    state->columns = input.column_ids;
    state->parts = parts_of(bind.sources.store, bind.wanted);
    return state;
}

duckdb::unique_ptr<duckdb::LocalTableFunctionState> start_part(duckdb::ExecutionContext&,
                                                               duckdb::TableFunctionInitInput&,
                                                               duckdb::GlobalTableFunctionState*) {
    return duckdb::make_uniq<ObservationsPart>();
}

/// Which part the rows given last belong to: DuckDB puts answers back into this order.
duckdb::OperatorPartitionData part_of(ClientContext&, duckdb::TableFunctionGetPartitionInput& input) {
    if (input.partition_info.RequiresPartitionColumns()) {
        throw duckdb::InternalException("observations have no columns that a part shares");
    }
    return duckdb::OperatorPartitionData(input.local_state->Cast<ObservationsPart>().number);
}

double number_at(const observations::ColumnView& rows, std::size_t row) {
    switch (rows.type) {
        case ResultType::number: return rows.numbers[row];
        case ResultType::integer: return static_cast<double>(rows.integers[row]);
        default: return rows.booleans[row];
    }
}

void fill_values(const observations::ColumnView& rows, std::size_t from, std::size_t count, duckdb::Vector& out) {
    if (rows.type == ResultType::category || rows.type == ResultType::json) {
        out.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
        duckdb::ConstantVector::SetNull(out, true);
        return;
    }
    auto* values = duckdb::FlatVector::GetData<double>(out);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = number_at(rows, from + i);
    }
}

void fill_texts(const observations::ColumnView& rows, std::size_t from, std::size_t count, duckdb::Vector& out) {
    if (rows.type != ResultType::category && rows.type != ResultType::json) {
        out.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
        duckdb::ConstantVector::SetNull(out, true);
        return;
    }
    auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(out);
    for (std::size_t i = 0; i < count; ++i) {
        const std::string& text = rows.texts[from + i];
        texts[i] = duckdb::StringVector::AddString(out, text.data(), text.size());
    }
}

void fill_column(const observations::ColumnView& rows, std::size_t from, std::size_t count, duckdb::column_t column,
                 duckdb::Vector& out) {
    switch (column) {
        case c_datastream:
            out.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
            *duckdb::ConstantVector::GetData<std::int64_t>(out) = rows.datastream.value;
            break;
        case c_time:
            for (std::size_t i = 0; i < count; ++i) {
                duckdb::FlatVector::GetData<std::int64_t>(out)[i] = rows.times[from + i].time_since_epoch().count();
            }
            break;
        case c_value: fill_values(rows, from, count, out); break;
        case c_text: fill_texts(rows, from, count, out); break;
        case c_quality:
            for (std::size_t i = 0; i < count; ++i) {
                duckdb::FlatVector::GetData<std::uint8_t>(out)[i] = rows.quality_of(from + i).bits();
            }
            break;
        case c_usable:
            for (std::size_t i = 0; i < count; ++i) {
                duckdb::FlatVector::GetData<bool>(out)[i] = rows.quality_of(from + i).usable();
            }
            break;
        default:  // a row's number, asked for only to be counted
            out.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
            duckdb::ConstantVector::SetNull(out, true);
    }
}

/// The next part that no thread has taken. False: there is none.
bool take_part(const ObservationsBind& bind, ObservationsScan& all, ObservationsPart& part) {
    const std::size_t number = all.next.fetch_add(1);
    if (number >= all.parts.size()) {
        return false;
    }
    auto scan = bind.sources.store.scan(observations::Selection::of(all.parts[number]), bind.interval);
    if (!scan) {
        give_up(*bind.view, scan.error());
    }
    part.number = number;
    part.scan = std::move(*scan);
    part.damages_told = 0;
    return true;
}

/// Moves on to rows that have not been given. False: there are no more.
bool find_rows(const ObservationsBind& bind, ObservationsScan& all, ObservationsPart& part) {
    while (!part.rows || part.at == part.rows->size()) {
        part.rows.reset();
        part.at = 0;
        if (!part.scan && !take_part(bind, all, part)) {
            return false;
        }
        auto next = part.scan->next();
        if (!next) {
            give_up(*bind.view, next.error());
        }
        const auto damaged = part.scan->damaged();
        for (; part.damages_told < damaged.size(); ++part.damages_told) {
            bind.view->add_damage(damaged[part.damages_told]);
        }
        if (*next) {
            part.rows = **next;
        } else {
            part.scan.reset();
        }
    }
    return true;
}

void give_observations(ClientContext&, duckdb::TableFunctionInput& input, DataChunk& output) {
    const auto& bind = input.bind_data->Cast<ObservationsBind>();
    auto& all = input.global_state->Cast<ObservationsScan>();
    auto& part = input.local_state->Cast<ObservationsPart>();
    if (!find_rows(bind, all, part)) {
        return;  // no rows: the end
    }
    const std::size_t count = std::min<std::size_t>(part.rows->size() - part.at, STANDARD_VECTOR_SIZE);
    for (std::size_t i = 0; i < all.columns.size(); ++i) {
        fill_column(*part.rows, part.at, count, all.columns[i], output.data[i]);
    }
    part.at += count;
    output.SetCardinality(count);
}

// ---------------------------------------------------------------- datastreams

struct DatastreamsBind final : duckdb::TableFunctionData {
    DatastreamsBind(const Sources& sources_in, std::shared_ptr<View> view_in)
        : sources(sources_in), view(std::move(view_in)) {}
    const Sources& sources;
    std::shared_ptr<View> view;
};

duckdb::unique_ptr<duckdb::FunctionData> bind_datastreams(ClientContext& context, duckdb::TableFunctionBindInput& input,
                                                          duckdb::vector<LogicalType>& types,
                                                          duckdb::vector<duckdb::string>& names) {
    names = {"id", "name", "thing", "thing_name", "property", "unit", "result_type", "access"};
    types.assign(names.size(), LogicalType::VARCHAR);
    types[0] = types[2] = LogicalType::BIGINT;
    return duckdb::make_uniq<DatastreamsBind>(input.info->Cast<Sources>(), view_of(context));
}

/// Walks the registry a page at a time, so that a county's datastreams never stand in memory at once.
struct DatastreamsScan final : duckdb::GlobalTableFunctionState {
    explicit DatastreamsScan(const DatastreamsBind& bind_in) : bind(bind_in) {
        if (bind.view->visible().ids) {
            visible = *bind.view->visible().ids;
            std::ranges::sort(visible);
        }
    }

    bool sees(DatastreamId id) const { return !bind.view->visible().ids || std::ranges::binary_search(visible, id); }

    template <typename Id, typename Entity>
    const std::string& name(std::unordered_map<Id, std::string>& known, Id id, registry::Collection<Entity>& all) {
        const auto found = known.find(id);
        if (found != known.end()) {
            return found->second;
        }
        const auto entity = all.get(id);
        if (!entity && entity.error().code != Errc::not_found) {
            give_up(*bind.view, entity.error());
        }
        return known.emplace(id, entity ? entity->name : std::string()).first->second;
    }

    const DatastreamsBind& bind;
    std::vector<DatastreamId> visible;
    DatastreamId after{};
    bool more = true;
    std::unordered_map<registry::ThingId, std::string> things;
    std::unordered_map<registry::ObservedPropertyId, std::string> properties;
};

duckdb::unique_ptr<duckdb::GlobalTableFunctionState> start_datastreams(ClientContext&,
                                                                       duckdb::TableFunctionInitInput& input) {
    return duckdb::make_uniq<DatastreamsScan>(input.bind_data->Cast<DatastreamsBind>());
}

void give_datastreams(ClientContext&, duckdb::TableFunctionInput& input, DataChunk& output) {
    auto& state = input.global_state->Cast<DatastreamsScan>();
    registry::Registry& registry = state.bind.sources.registry;
    duckdb::idx_t row = 0;
    while (state.more && row == 0) {
        const auto page = registry.datastreams().list(state.after, STANDARD_VECTOR_SIZE);
        if (!page) {
            give_up(*state.bind.view, page.error());
        }
        for (const registry::Datastream& stream : page->items) {
            state.after = stream.id;
            if (!state.sees(stream.id)) {
                continue;
            }
            const auto set = [&](duckdb::idx_t column, duckdb::Value value) { output.SetValue(column, row, value); };
            const auto text = [](std::string_view from) { return duckdb::Value(std::string(from)); };
            set(0, duckdb::Value::BIGINT(stream.id.value));
            set(1, text(stream.name));
            set(2, duckdb::Value::BIGINT(stream.thing.value));
            set(3, text(state.name(state.things, stream.thing, registry.things())));
            set(4, text(state.name(state.properties, stream.observed_property, registry.observed_properties())));
            set(5, text(stream.unit.symbol));
            set(6, text(observations::name_of(stream.result_type)));
            set(7, text(registry::name_of(stream.access)));
            ++row;
        }
        state.more = page->more;
    }
    output.SetCardinality(row);
}

}  // namespace

void View::add_damage(const observations::Damage& damage) {
    const std::scoped_lock lock(mutex_);
    if (damage_.size() < damage_max) {
        damage_.push_back(damage);
    }
}

void View::set_failure(const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) {
        failure_ = error;
    }
}

std::vector<observations::Damage> View::take_damage() {
    const std::scoped_lock lock(mutex_);
    return std::move(damage_);
}

std::optional<Error> View::failure() const {
    const std::scoped_lock lock(mutex_);
    return failure_;
}

void register_tables(duckdb::DuckDB& database, const observations::Store& store, registry::Registry& registry) {
    const auto sources = duckdb::make_shared_ptr<Sources>(store, registry);
    duckdb::ExtensionLoader loader(*database.instance, "bypuls");
    duckdb::TableFunction observations("bypuls_observations", {}, give_observations, bind_observations,
                                       start_observations, start_part);
    observations.get_partition_data = part_of;
    observations.function_info = sources;
    observations.projection_pushdown = true;
    observations.pushdown_complex_filter = push_down;
    loader.RegisterFunction(observations);
    duckdb::TableFunction datastreams("bypuls_datastreams", {}, give_datastreams, bind_datastreams, start_datastreams);
    datastreams.function_info = sources;
    loader.RegisterFunction(datastreams);
}

void look_through(duckdb::Connection& connection, std::shared_ptr<View> view) {
    connection.context->registered_state->Insert(view_key, duckdb::make_shared_ptr<ViewOfConnection>(std::move(view)));
}

}  // namespace bypuls::analysis
