#include <algorithm>
#include <queue>

#include "platform/publish/sensorthings/read/cursor.h"
#include "platform/publish/sensorthings/read/distinct.h"
#include "platform/publish/sensorthings/read/observation_plan.h"
#include "platform/publish/sensorthings/read/pages.h"

namespace bypuls::sensorthings {
namespace {

using observations::DatastreamId;
using Walk = observations::Order;

/// In which order rows can be had without sorting.
enum class Way : std::uint8_t { by_place, by_time, sorted };

bool is_path(const query::Order& order, std::string_view name) {
    return order.by.kind == query::Expression::Kind::path && order.by.path.steps.size() == 1 &&
           (order.by.path.steps[0] == name || (name == "id" && is_id(order.by.path.steps[0])));
}

PageEnd end_of(const Row& row) {
    return {{}, {row.datastream.value, row.time().time_since_epoch().count()}};
}

/// What comes first leaves first. `descending`: the later and the higher id.
struct Head {
    Instant time{};
    DatastreamId id{};
    std::size_t cursor = 0;
    std::optional<Row> row;  ///< nothing: not read yet, the time is only a bound
};
struct Later {
    bool descending = false;
    bool operator()(const Head& a, const Head& b) const {
        const auto way = std::pair(a.time, a.id) <=> std::pair(b.time, b.id);
        return descending ? way < 0 : way > 0;
    }
};

class Pager {
public:
    Pager(Session& session, const query::Options& options, ObservationPlan plan)
        : session_(session),
          options_(options),
          plan_(std::move(plan)),
          limit_(page_limit(options, session.limits())),
          skip_(options.skip) {}

    Result<ObservationPage> page() {
        if (!options_.skip_token.empty()) {
            TRY(start_, page_end_from(options_.skip_token));
            if (start_->place.size() != 2) {
                return fail(Errc::malformed, "$skiptoken: it belongs to another question");
            }
        }
        if (!plan_.nothing) {
            TRY(const auto way, choose());
            if (plan_.features || way == Way::sorted) {
                session_.go_ahead(plan_.datastreams);
            }
            if (wants_latest(way)) {
                TRY_DO(latest());
            } else if (way == Way::sorted) {
                TRY_DO(sorted());
            } else if (limit_ > 0) {
                TRY_DO(way == Way::by_place || plan_.datastreams.size() == 1 ? by_place() : by_time());
            }
        }
        if (options_.count && !page_.count) {
            TRY(page_.count, count());
        }
        return std::move(page_);
    }

private:
    Result<Way> choose() {
        if (options_.order.empty()) {
            return Way::by_place;
        }
        walk_ = options_.order.front().descending ? Walk::newest_first : Walk::oldest_first;
        const auto& first = options_.order.front();
        const bool id_follows = options_.order.size() == 2 && is_path(options_.order[1], "id") &&
                                options_.order[1].descending == first.descending;
        if (options_.order.size() > 1 && !id_follows) {
            return Way::sorted;
        }
        if (is_path(first, "id")) {
            return Way::by_place;  // ids of observations count by datastream, then by time
        }
        if (is_path(first, "phenomenonTime")) {
            return Way::by_time;
        }
        if (is_path(first, "resultTime")) {
            TRY(const bool any, any_details());
            // Of those that are all unknown none comes first. In one datastream they lie by time.
            return any ? Way::sorted : plan_.datastreams.size() == 1 ? Way::by_time : Way::by_place;
        }
        return Way::sorted;
    }

    /// "$orderby=phenomenonTime desc&$top=1" of one datastream: what dashboards ask for all of them, held in memory.
    bool wants_latest(Way way) const {
        return way == Way::by_time && walk_ == Walk::newest_first && plan_.datastreams.size() == 1 && limit_ == 1 &&
               skip_ == 0 && !start_ && !plan_.judges_rows() && plan_.whole_time();
    }

    Result<void> latest() {
        const DatastreamId id = plan_.datastreams.front();
        const auto newest = session_.data().store.latest(id);
        if (!newest || !known(id)) {
            return {};
        }
        TRY_DO(session_.spend(1));
        auto& columns = page_.columns.emplace_back();
        columns.type = observations::type_of(newest->value);
        columns.push_back(newest->time, newest->value, newest->quality);
        Row row{.datastream = id, .columns = &columns, .index = 0};
        if (session_.data().details != nullptr) {
            TRY(const bool any, session_.data().details->any(id));
            TRY(auto detail,
                any ? session_.data().details->get({id, newest->time}) : Result<std::optional<observations::Detail>>());
            if (detail) {
                row.detail = &page_.details.emplace_back(std::move(*detail));
            }
        }
        page_.rows.push_back(row);
        if (session_.data().store.count(id) > 1) {
            page_.next = end_of(row);
        }
        return {};
    }

    Result<bool> any_details() {
        if (session_.data().details == nullptr) {
            return false;
        }
        for (const DatastreamId id : plan_.datastreams) {
            TRY(const bool any, session_.data().details->any(id));
            if (any) {
                return true;
            }
        }
        return false;
    }

    bool known(DatastreamId id) const {
        return !plan_.all_datastreams || session_.data().registry.streams()->find(id) != nullptr;
    }

    std::size_t chunk() const { return plan_.judges_rows() ? 1000 : static_cast<std::size_t>(skip_) + limit_ + 1; }

    /// Takes a row into the page; false when the page was full already, so that more follow.
    Result<bool> take(const Row& row) {
        if (skip_ > 0) {
            --skip_;
            return true;
        }
        if (page_.rows.size() == limit_) {
            if (!page_.rows.empty()) {
                page_.next = end_of(page_.rows.back());
                page_.next->keys = {};
            }
            return false;
        }
        page_.rows.push_back(row);
        return true;
    }

    /// One datastream after the other, in the direction of the walk.
    Result<void> by_place() {
        auto ids = plan_.datastreams;
        if (walk_ == Walk::newest_first) {
            std::ranges::reverse(ids);
        }
        for (const DatastreamId id : ids) {
            std::optional<Instant> after;
            if (start_) {
                const DatastreamId started{start_->place[0]};
                if (walk_ == Walk::oldest_first ? id < started : started < id) {
                    continue;
                }
                if (id == started) {
                    after = Instant{Duration{start_->place[1]}};
                }
            }
            TRY(const bool go_on, walk(id, after));
            if (!go_on) {
                return {};
            }
        }
        return {};
    }

    Result<bool> walk(DatastreamId id, std::optional<Instant> after) {
        if (!known(id) || pass_over(id)) {
            return true;
        }
        Cursor cursor(session_, plan_, id, walk_, after, chunk());
        while (true) {
            TRY(const auto row, cursor.next(page_));
            if (!row) {
                return true;
            }
            TRY(const bool go_on, take(*row));
            if (!go_on) {
                return false;
            }
        }
    }

    /// A datastream that is skipped as a whole: its counter is enough.
    bool pass_over(DatastreamId id) {
        if (skip_ == 0 || plan_.judges_rows() || !plan_.whole_time() || start_) {
            return false;
        }
        const auto all = session_.data().store.count(id);
        if (all > skip_) {
            return false;
        }
        skip_ -= all;
        return true;
    }

    /// Many datastreams side by side. Walking back begins with the newest readings, which are in memory, so a stream is
    /// only read when its turn comes.
    Result<void> by_time() {
        const bool descending = walk_ == Walk::newest_first;
        std::priority_queue<Head, std::vector<Head>, Later> heads(Later{descending});
        std::vector<Cursor> cursors;
        cursors.reserve(plan_.datastreams.size());
        for (const DatastreamId id : plan_.datastreams) {
            if (!known(id)) {
                continue;
            }
            const auto newest = session_.data().store.latest(id);
            if (!newest || (!descending && newest->time < plan_.interval.from)) {
                continue;
            }
            cursors.emplace_back(session_, plan_, id, walk_, after_of(id), std::min<std::size_t>(chunk(), 64));
            const Instant bound = descending ? std::min(newest->time, plan_.interval.to) : plan_.interval.from;
            heads.push({.time = bound, .id = id, .cursor = cursors.size() - 1, .row = std::nullopt});
        }
        while (!heads.empty()) {
            const Head head = heads.top();
            heads.pop();
            if (head.row) {
                TRY(const bool go_on, take(*head.row));
                if (!go_on) {
                    return {};
                }
            }
            TRY(const auto row, cursors[head.cursor].next(page_));
            if (row) {
                heads.push({.time = row->time(), .id = row->datastream, .cursor = head.cursor, .row = row});
            }
        }
        return {};
    }

    /// Where a stream goes on beyond the last page: rows at its last instant are told apart by datastream.
    std::optional<Instant> after_of(DatastreamId id) const {
        if (!start_) {
            return std::nullopt;
        }
        const Instant last{Duration{start_->place[1]}};
        const DatastreamId last_id{start_->place[0]};
        const bool descending = walk_ == Walk::newest_first;
        const bool passed = descending ? last_id <= id : id <= last_id;
        if (passed) {
            return last;
        }
        return descending ? last + Duration{1} : last - Duration{1};
    }

    Result<void> sorted() {
        if (start_ && start_->keys.size() != options_.order.size()) {
            return fail(Errc::malformed, "$skiptoken: it belongs to another question");
        }
        const auto wanted = static_cast<std::size_t>(options_.skip) + limit_ + 1;
        Best<Row> best(options_.order, wanted, session_.limits().rows_sorted);
        std::uint64_t all = 0;
        for (const DatastreamId id : plan_.datastreams) {
            if (!known(id)) {
                continue;
            }
            Cursor cursor(session_, plan_, id, Walk::oldest_first, std::nullopt, 1000);
            while (true) {
                TRY(const auto row, cursor.next(page_));
                if (!row) {
                    break;
                }
                ++all;
                TRY(auto keys,
                    keys_of(session_, options_.order, std::make_shared<const Entity>(reading_of(session_, *row))));
                PageEnd end{std::move(keys), end_of(*row).place};
                if (!start_ || compare(*start_, end, options_.order) < 0) {
                    TRY_DO(best.offer(std::move(end), *row));
                }
            }
        }
        TRY_DO(take_sorted(best.take()));
        if (options_.count) {
            page_.count = all;
        }
        return {};
    }

    Result<void> take_sorted(std::vector<std::pair<PageEnd, Row>> kept) {
        const PageEnd* last = nullptr;
        for (const auto& [end, row] : kept) {
            TRY(const bool go_on, take(row));
            if (!go_on) {
                break;
            }
            last = &end;
        }
        if (page_.next && last != nullptr) {
            page_.next = *last;
        }
        return {};
    }

    Result<std::uint64_t> count() {
        if (plan_.nothing) {
            return 0;
        }
        TRY(const bool detailed, plan_.rest_of_detailed ? any_details() : Result<bool>(false));
        std::uint64_t all = 0;
        if (plan_.all_datastreams && plan_.whole_time() && !plan_.judges_rows() && !detailed) {
            return count_of_known();
        }
        for (const DatastreamId id : plan_.datastreams) {
            if (!known(id)) {
                continue;
            }
            if (plan_.features && !plan_.judges_readings() && !detailed) {
                TRY(const auto rows, count_about(id));
                all += rows;
            } else if (plan_.judges_rows() || detailed) {
                TRY(const auto rows, count_rows(id));
                all += rows;
            } else if (plan_.whole_time()) {
                all += session_.data().store.count(id);
            } else if (!plan_.interval.empty()) {
                TRY(const auto rows, session_.data().store.count(id, plan_.interval));
                all += rows;
            }
        }
        return all;
    }

    /// The running total, less what belongs to datastreams that the registry does not know (any more).
    std::uint64_t count_of_known() const {
        const auto& store = session_.data().store;
        const auto all = store.count();
        std::uint64_t strange = 0;
        for (const DatastreamId id : session_.strangers(plan_.datastreams)) {
            strange += store.count(id);
        }
        return all - std::min(all, strange);
    }

    /// Of a thing that was there for a time the store counts them.
    Result<std::uint64_t> count_about(DatastreamId id) {
        TRY(const auto times, session_.times_about(id, *plan_.features));
        if (!times) {
            return count_rows(id);
        }
        std::uint64_t all = 0;
        for (const Interval& time : *times) {
            const Interval wanted{std::max(time.from, plan_.interval.from), std::min(time.to, plan_.interval.to)};
            if (!wanted.empty()) {
                TRY(const auto rows, session_.data().store.count(id, wanted));
                all += rows;
            }
        }
        return all;
    }

    Result<std::uint64_t> count_rows(DatastreamId id) {
        ObservationPage passing;
        Cursor cursor(session_, plan_, id, Walk::oldest_first, std::nullopt, 1000);
        std::uint64_t rows = 0;
        while (true) {
            TRY(const auto row, cursor.next(passing));
            if (!row) {
                return rows;
            }
            ++rows;
            while (passing.columns.size() > 1) {
                passing.columns.pop_front();
            }
        }
    }

    Session& session_;
    const query::Options& options_;
    ObservationPlan plan_;
    std::size_t limit_;
    std::uint64_t skip_;
    Walk walk_ = Walk::oldest_first;
    std::optional<PageEnd> start_;
    ObservationPage page_;
};

/// A row of a page that goes away.
void keep(ObservationPage& page, Row row) {
    auto& columns = page.columns.emplace_back();
    columns.type = row.columns->type;
    columns.push_back(row.time(), row.columns->value(row.index), row.columns->quality_of(row.index));
    row.columns = &columns;
    row.index = 0;
    if (row.detail != nullptr) {
        row.detail = &page.details.emplace_back(*row.detail);
    }
    page.rows.push_back(row);
}

/// The first observation of each value, in the order that was asked for.
Result<ObservationPage> distinct_page(Session& session, const std::optional<Origin>& of, const query::Options& options,
                                      const Fingerprint& fingerprint) {
    if (!options.skip_token.empty()) {
        return fail(Errc::malformed, "$skiptoken: it belongs to another question");
    }
    query::Options all = options;
    all.distinct = false;
    all.top = session.limits().page_max;
    all.skip = 0;
    all.count = false;
    DistinctValues values(options, page_limit(options, session.limits()));
    ObservationPage page;
    while (true) {
        TRY(const auto part, observation_page(session, of, all));
        for (const Row& row : part.rows) {
            TRY(auto print, fingerprint(std::make_shared<const Entity>(reading_of(session, row))));
            if (values.shows(std::move(print))) {
                keep(page, row);
            }
        }
        if (!part.next || values.is_full()) {
            break;
        }
        all.skip_token = to_token(*part.next);
    }
    page.next = values.next();
    page.count = values.count();
    return page;
}

}  // namespace

Result<ObservationPage> observation_page(Session& session, const std::optional<Origin>& of,
                                         const query::Options& options, const Fingerprint& fingerprint) {
    if (options.distinct) {
        return distinct_page(session, of, options, fingerprint);
    }
    TRY(auto plan, make_plan(session, of, options));
    return Pager(session, options, std::move(plan)).page();
}

}  // namespace bypuls::sensorthings
