#include "platform/publish/sensorthings/read/cursor.h"

#include <algorithm>

namespace bypuls::sensorthings {
namespace {

constexpr std::size_t chunk_max = 20'000;

}  // namespace

Reading reading_of(const Session& session, const Row& row) {
    return session.reading(row.place(), row.columns->value(row.index),
                           row.detail == nullptr ? observations::Detail{} : *row.detail);
}

Cursor::Cursor(Session& session, const ObservationPlan& plan, observations::DatastreamId id, observations::Order order,
               std::optional<Instant> after, std::size_t chunk)
    : session_(session),
      plan_(plan),
      id_(id),
      interval_(plan.interval),
      options_{.order = order, .limit = std::clamp<std::size_t>(chunk, 1, chunk_max), .after = after} {}

Result<std::optional<Row>> Cursor::next(ObservationPage& page) {
    while (true) {
        if (columns_ == nullptr || at_ == columns_->size()) {
            TRY(const bool got, fetch(page));
            if (!got) {
                return std::nullopt;
            }
        }
        Row row{.datastream = id_, .columns = columns_, .index = at_++};
        if (has_details_) {
            const auto found = details_.find(row.time());
            row.detail = found == details_.end() ? nullptr : found->second;
        }
        TRY(const bool wanted, accepts(row));
        if (wanted) {
            return row;
        }
    }
}

Result<void> Cursor::begin() {
    if (session_.data().details != nullptr) {
        TRY(has_details_, session_.data().details->any(id_));
    }
    if (plan_.features) {
        TRY(const auto times, session_.times_about(id_, *plan_.features));
        if (times && times->empty()) {
            interval_ = {};
        } else if (times) {
            interval_ = {std::max(interval_.from, times->front().from), std::min(interval_.to, times->back().to)};
        }
    }
    return {};
}

Result<bool> Cursor::fetch(ObservationPage& page) {
    if (!begun_) {
        begun_ = true;
        TRY_DO(begin());
    }
    if (!more_ || interval_.empty()) {
        return false;
    }
    TRY(auto series, session_.data().store.range(id_, interval_, options_));
    more_ = series.more;
    if (series.columns.empty()) {
        return false;
    }
    TRY_DO(session_.spend(series.columns.size()));
    page.columns.push_back(std::move(series.columns));
    columns_ = &page.columns.back();
    at_ = 0;
    options_.after = columns_->times.back();
    options_.limit = std::min(options_.limit * 4, chunk_max);
    if (has_details_) {
        TRY_DO(fetch_details(page));
    }
    return true;
}

Result<void> Cursor::fetch_details(ObservationPage& page) {
    const auto [first, last] = std::minmax(columns_->times.front(), columns_->times.back());
    TRY(auto found, session_.data().details->range(id_, {first, last + Duration{1}}));
    details_.clear();
    for (auto& one : found) {
        page.details.push_back(std::move(one.detail));
        details_.emplace(one.key.time, &page.details.back());
    }
    return {};
}

bool Cursor::passes_results(const Row& row) const {
    const auto& columns = *row.columns;
    const double value = columns.type == observations::ResultType::number
                             ? columns.numbers[row.index]
                             : static_cast<double>(columns.integers[row.index]);
    return std::ranges::all_of(plan_.results, [value](const ResultTest& test) { return test.passes(value); });
}

Result<bool> Cursor::accepts(const Row& row) {
    if (!plan_.judges_rows() && !(row.detail != nullptr && plan_.rest_of_detailed)) {
        return true;
    }
    const bool numbers =
        row.columns->type == observations::ResultType::number || row.columns->type == observations::ResultType::integer;
    if (numbers && !passes_results(row)) {
        return false;
    }
    if (plan_.features) {
        TRY(const auto feature, session_.feature_of(row.place(), row.detail));
        if (!feature || !plan_.features->contains(*feature)) {
            return false;
        }
    }
    const query::Expression* results = !numbers && plan_.result_filter ? &*plan_.result_filter : nullptr;
    const query::Expression* detailed =
        row.detail != nullptr && plan_.rest_of_detailed ? &*plan_.rest_of_detailed : nullptr;
    const query::Expression* rest = plan_.rest ? &*plan_.rest : nullptr;
    if (results == nullptr && detailed == nullptr && rest == nullptr) {
        return true;
    }
    const EntityRecord record(session_, std::make_shared<const Entity>(reading_of(session_, row)));
    for (const auto* filter : {results, detailed, rest}) {
        if (filter != nullptr) {
            TRY(const bool true_for_it, query::matches(*filter, record, session_.now()));
            if (!true_for_it) {
                return false;
            }
        }
    }
    return true;
}

}  // namespace bypuls::sensorthings
