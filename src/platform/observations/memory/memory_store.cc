#include "platform/observations/memory/memory_store.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "core/check.h"

namespace bypuls::observations {

namespace {

struct Kept {
    Value value;
    Quality quality;
    std::vector<Version> older;
};

using Rows = std::map<Instant, Kept>;

/// Accepts and forgets.
class Nowhere final : public Transaction {
public:
    Result<void> execute(std::string_view, std::span<const Bound>) override { return {}; }
    Result<void> query(std::string_view, std::span<const Bound>, const std::function<void(Row)>&) override {
        return {};
    }
};

class MemoryScan final : public Scan {
public:
    explicit MemoryScan(std::vector<std::pair<DatastreamId, Columns>> all) : all_(std::move(all)) {}
    Result<std::optional<ColumnView>> next() override {
        if (at_ == all_.size()) {
            return std::nullopt;
        }
        const auto& [id, columns] = all_[at_++];
        return view(id, columns, 0, columns.size());
    }
    std::span<const Damage> damaged() const override { return {}; }

private:
    std::vector<std::pair<DatastreamId, Columns>> all_;
    std::size_t at_ = 0;
};

class MemoryStore final : public Store {
public:
    Result<void> append(std::span<const Arrival> rows, journal::Position upto, std::span<Outcome> outcomes) override {
        check(rows.size() == outcomes.size(), "every row has its outcome");
        const std::lock_guard lock{mutex_};
        if (upto <= settled_ || (frozen_ && upto <= *frozen_) || upto < appended_) {
            return fail(Errc::conflict, "observations: the position lies before what was appended or settled");
        }
        appended_ = upto;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            outcomes[i] = take(rows[i], upto);
        }
        return {};
    }

    bool wants_settle() const override { return false; }

    Result<void> freeze(journal::Position upto, std::span<Companion* const> companions) override {
        const std::lock_guard lock{mutex_};
        if (settling_ || upto < appended_ || upto < settled_) {
            return fail(Errc::conflict, "observations: more has been appended than is to be settled");
        }
        frozen_ = upto;
        for (Companion* const companion : companions) {
            companion->freeze();
        }
        return {};
    }

    Result<void> settle_frozen(std::span<Companion* const> companions) override {
        std::unique_lock lock{mutex_};
        if (settling_ || !frozen_) {
            return fail(Errc::conflict, "observations: nothing is frozen to be settled");
        }
        settling_ = true;
        const journal::Position upto = *frozen_;
        lock.unlock();
        const auto written = write_all(companions, upto);
        lock.lock();
        settling_ = false;
        frozen_.reset();
        TRY_DO(written);
        settled_ = upto;
        lock.unlock();
        for (Companion* const companion : companions) {
            companion->settled();
        }
        return {};
    }

    journal::Position settled() const override {
        const std::lock_guard lock{mutex_};
        return settled_;
    }

    std::optional<ResultType> type(DatastreamId id) const override {
        const std::lock_guard lock{mutex_};
        const Rows* rows = find(id);
        return rows == nullptr ? std::nullopt : std::optional{type_of(rows->begin()->second.value)};
    }

    std::vector<DatastreamId> datastreams() const override {
        const std::lock_guard lock{mutex_};
        return ids();
    }

    std::optional<Observation> latest(DatastreamId id) const override {
        const std::lock_guard lock{mutex_};
        return newest(id, [](Quality) { return true; });
    }

    std::optional<Observation> latest_usable(DatastreamId id) const override {
        const std::lock_guard lock{mutex_};
        return newest(id, [](Quality quality) { return quality.usable(); });
    }

    std::uint64_t count(DatastreamId id) const override {
        const std::lock_guard lock{mutex_};
        const Rows* rows = find(id);
        return rows == nullptr ? 0 : rows->size();
    }

    std::uint64_t count() const override {
        const std::lock_guard lock{mutex_};
        std::uint64_t all = 0;
        for (const auto& [id, rows] : all_) {
            all += rows.size();
        }
        return all;
    }

    Result<std::uint64_t> count(DatastreamId id, Interval interval) const override {
        const std::lock_guard lock{mutex_};
        return columns(id, interval).size();
    }

    Result<Series> range(DatastreamId id, Interval interval, const RangeOptions& options) const override {
        const std::lock_guard lock{mutex_};
        Columns rows = columns(id, interval);
        if (options.order == Order::newest_first) {
            rows.reverse();
        }
        Series out;
        out.columns.type = rows.type;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const bool beyond =
                !options.after || (options.order == Order::oldest_first ? rows.times[row] > *options.after
                                                                        : rows.times[row] < *options.after);
            if (beyond && out.columns.size() == options.limit) {
                out.more = true;
                break;
            }
            if (beyond) {
                out.columns.push_back(rows, row);
            }
        }
        return out;
    }

    Result<Aggregate> aggregate(DatastreamId id, Interval interval) const override {
        const std::lock_guard lock{mutex_};
        const Columns rows = columns(id, interval);
        return aggregate_of(view(id, rows, 0, rows.size()));
    }

    Result<std::vector<Bucket>> rollup(DatastreamId id, Interval interval, Step step) const override {
        const std::lock_guard lock{mutex_};
        const Columns rows = columns(id, interval);
        Rollup out{step};
        out.add(view(id, rows, 0, rows.size()));
        return out.take();
    }

    Result<std::vector<Total>> totals(const Selection& selection, Interval interval) const override {
        const std::lock_guard lock{mutex_};
        std::vector<Total> out;
        for (const DatastreamId id : chosen(selection)) {
            const Columns rows = columns(id, interval);
            out.push_back({id, aggregate_of(view(id, rows, 0, rows.size()))});
        }
        std::erase_if(out, [](const Total& total) { return total.values.empty(); });
        return out;
    }

    Result<std::vector<Version>> versions(DatastreamId id, Instant time) const override {
        const std::lock_guard lock{mutex_};
        const Rows* rows = find(id);
        const auto row = rows == nullptr ? Rows::const_iterator{} : rows->find(time);
        return rows == nullptr || row == rows->end() ? std::vector<Version>{} : row->second.older;
    }

    Result<std::uint64_t> remove_all(DatastreamId id, std::span<const Interval> intervals) override {
        const std::lock_guard lock{mutex_};
        const auto found = all_.find(id);
        if (found == all_.end()) {
            return 0;
        }
        const auto gone = std::erase_if(found->second, [&](const auto& row) {
            return std::ranges::any_of(intervals, [&](const Interval& one) { return one.contains(row.first); });
        });
        if (found->second.empty()) {
            all_.erase(found);
        }
        return gone;
    }

    Result<std::unique_ptr<Scan>> scan(const Selection& selection, Interval interval) const override {
        const std::lock_guard lock{mutex_};
        std::vector<std::pair<DatastreamId, Columns>> found;
        for (const DatastreamId id : chosen(selection)) {
            if (Columns rows = columns(id, interval); !rows.empty()) {
                found.emplace_back(id, std::move(rows));
            }
        }
        return std::make_unique<MemoryScan>(std::move(found));
    }

    Result<bool> maintain() override { return false; }

    Statistics statistics() const override {
        const std::lock_guard lock{mutex_};
        Statistics out;
        out.datastreams = all_.size();
        for (const auto& [id, rows] : all_) {
            out.readings += rows.size();
        }
        out.readings_in_memory = out.readings;
        return out;
    }

private:
    static Result<void> write_all(std::span<Companion* const> companions, journal::Position upto) {
        Nowhere nowhere;
        for (Companion* const companion : companions) {
            TRY_DO(companion->write(nowhere, upto));
        }
        return {};
    }

    Outcome take(const Arrival& arrival, journal::Position upto) {
        if (const Refusal refusal = refusal_of(arrival); refusal != Refusal::none) {
            return {Verdict::rejected, refusal};
        }
        const auto& [time, value, quality] = arrival.observation;
        if (const Rows* rows = find(arrival.datastream);
            rows != nullptr && type_of(rows->begin()->second.value) != type_of(value)) {
            return {Verdict::rejected, Refusal::wrong_type};
        }
        const auto [place, is_new] = all_[arrival.datastream].try_emplace(time, Kept{value, quality, {}});
        Kept& row = place->second;
        if (is_new) {
            return {};
        }
        if (same_value(row.value, value)) {
            return {Verdict::duplicate, Refusal::none};
        }
        row.older.push_back({{time, row.value, row.quality}, upto});
        row.value = value;
        row.quality = quality;
        return {Verdict::corrected, Refusal::none};
    }

    const Rows* find(DatastreamId id) const {
        const auto found = all_.find(id);
        return found == all_.end() ? nullptr : &found->second;
    }

    std::vector<DatastreamId> ids() const {
        std::vector<DatastreamId> out;
        for (const auto& [id, rows] : all_) {
            out.push_back(id);
        }
        return out;
    }

    std::vector<DatastreamId> chosen(const Selection& selection) const {
        auto out = selection.ids ? *selection.ids : ids();
        std::ranges::sort(out);
        out.erase(std::ranges::unique(out).begin(), out.end());
        return out;
    }

    Columns columns(DatastreamId id, Interval interval) const {
        Columns out;
        if (const Rows* rows = find(id); rows != nullptr) {
            out.type = type_of(rows->begin()->second.value);
            for (const auto& [time, row] : *rows) {
                if (interval.contains(time)) {
                    out.push_back(time, row.value, row.quality);
                }
            }
        }
        return out;
    }

    template <typename Fits>
    std::optional<Observation> newest(DatastreamId id, Fits fits) const {
        if (const Rows* rows = find(id); rows != nullptr) {
            for (auto row = rows->rbegin(); row != rows->rend(); ++row) {
                if (fits(row->second.quality)) {
                    return Observation{row->first, row->second.value, row->second.quality};
                }
            }
        }
        return std::nullopt;
    }

    mutable std::mutex mutex_;
    std::map<DatastreamId, Rows> all_;
    journal::Position appended_;
    journal::Position settled_;
    std::optional<journal::Position> frozen_;  // up to where the next settle goes
    bool settling_ = false;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

}  // namespace bypuls::observations
