#include <algorithm>

#include "platform/publish/sensorthings/read/distinct.h"
#include "platform/publish/sensorthings/read/pages.h"
#include "platform/publish/sensorthings/read/passes.h"

namespace bypuls::sensorthings {
namespace {

using Shared = std::shared_ptr<const Entity>;

constexpr std::size_t batch = 1000;  // entities fetched at once when not all of them will do

/// A filter in two: what the registry judges, and what is evaluated here.
struct Split {
    std::optional<query::Expression> pushed;
    std::optional<query::Expression> rest;
};

Split split_filter(Kind kind, const query::Options& options) {
    if (!options.filter) {
        return {};
    }
    std::vector<const query::Expression*> pushed;
    std::vector<const query::Expression*> rest;
    for (const auto* part : query::conjuncts(*options.filter)) {
        (registry::can_select(registry_kind(kind), *part) ? pushed : rest).push_back(part);
    }
    return {query::conjunction(pushed), query::conjunction(rest)};
}

class Pager {
public:
    Pager(Session& session, Kind kind, const std::optional<Origin>& of, const query::Options& options,
          const Fingerprint& fingerprint)
        : session_(session),
          kind_(kind),
          options_(options),
          fingerprint_(fingerprint),
          split_(split_filter(kind, options)),
          limit_(page_limit(options, session.limits())) {
        if (of) {
            of_ = registry::Related{registry_kind(of->kind), of->id};
        }
    }

    Result<EntityPage> page() {
        if (!options_.skip_token.empty()) {
            TRY(start_, page_end_from(options_.skip_token));
            if (options_.distinct || start_->keys.size() != options_.order.size() || start_->place.size() != 1) {
                return fail(Errc::malformed, "$skiptoken: it belongs to another question");
            }
        }
        EntityPage page;
        if (options_.distinct) {
            TRY_DO(distinct(page));
        } else if (registry::can_order(registry_kind(kind_), options_.order)) {
            TRY_DO(in_order(page));
        } else {
            TRY_DO(sorted(page));
        }
        if (options_.count && !page.count) {
            TRY(page.count, count());
        }
        return page;
    }

private:
    /// Calls `take` with each entity that the filter leaves, in the registry's order, until it gives false.
    template <typename Take>
    Result<void> each(registry::Selection selection, Take take) {
        selection.of = of_;
        selection.where = split_.pushed ? &*split_.pushed : nullptr;
        while (true) {
            TRY(auto fetched, session_.select(kind_, selection));
            Shared last;
            for (auto& item : fetched.items) {
                auto entity = std::make_shared<const Entity>(std::move(item));
                last = entity;
                TRY(const bool wanted, accepts(entity));
                if (wanted) {
                    TRY(const bool more, take(entity));
                    if (!more) {
                        return {};
                    }
                }
            }
            if (!fetched.more || !last) {
                return {};
            }
            TRY(auto keys, keys_of(session_, selection.order, last));
            selection.after = registry::Selection::After{std::move(keys), id_of(*last)};
            selection.limit = batch;
        }
    }

    Result<bool> accepts(const Shared& entity) {
        if (!split_.rest) {
            return true;
        }
        return passes(session_, *split_.rest, entity);
    }

    Result<PageEnd> end_at(const Shared& entity) {
        TRY(auto keys, keys_of(session_, options_.order, entity));
        return PageEnd{std::move(keys), {id_of(*entity)}};
    }

    Result<void> in_order(EntityPage& page) {
        std::uint64_t skip = options_.skip;
        bool more = false;
        registry::Selection selection{.order = options_.order};
        if (start_) {
            selection.after = registry::Selection::After{start_->keys, start_->place[0]};
        }
        const auto enough = static_cast<std::size_t>(std::min<std::uint64_t>(limit_ + skip + 1, registry::page_max));
        selection.limit = split_.rest ? batch : std::max<std::size_t>(enough, 1);
        TRY_DO(each(std::move(selection), [&](const Shared& entity) -> Result<bool> {
            if (skip > 0) {
                --skip;
                return true;
            }
            more = page.items.size() == limit_;
            if (!more) {
                page.items.push_back(entity);
            }
            return !more;
        }));
        if (more && !page.items.empty()) {
            TRY(page.next, end_at(page.items.back()));
        }
        return {};
    }

    /// An order that the registry cannot give: everything is looked at, and the first kept.
    Result<void> sorted(EntityPage& page) {
        const auto wanted = static_cast<std::size_t>(options_.skip) + limit_ + 1;
        Best<Shared> best(options_.order, wanted, session_.limits().rows_sorted);
        std::uint64_t all = 0;
        TRY_DO(each({.limit = batch}, [&](const Shared& entity) -> Result<bool> {
            ++all;
            TRY(auto end, end_at(entity));
            if (!start_ || compare(*start_, end, options_.order) < 0) {
                TRY_DO(best.offer(std::move(end), entity));
            }
            return true;
        }));
        auto kept = best.take();
        kept.erase(kept.begin(),
                   kept.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(kept.size(), options_.skip)));
        if (kept.size() > limit_ && limit_ > 0) {
            page.next = kept[limit_ - 1].first;
        }
        for (std::size_t i = 0; i < std::min(kept.size(), limit_); ++i) {
            page.items.push_back(kept[i].second);
        }
        if (options_.count) {
            page.count = all;
        }
        return {};
    }

    /// All that differ in what is shown, on one page, since pages could not know what earlier ones showed.
    Result<void> distinct(EntityPage& page) {
        query::Options all = options_;
        all.distinct = false;
        all.top = session_.limits().page_max;
        all.skip = 0;
        all.count = false;
        DistinctValues values(options_, limit_);
        while (true) {
            TRY(const auto part,
                entity_page(session_, kind_, of_ ? std::optional(Origin{origin_kind(), of_->id}) : std::nullopt, all));
            for (const auto& entity : part.items) {
                TRY(auto print, fingerprint_(entity));
                if (values.shows(std::move(print))) {
                    page.items.push_back(entity);
                }
            }
            if (!part.next || values.is_full()) {
                break;
            }
            all.skip_token = to_token(*part.next);
        }
        page.next = values.next();
        page.count = values.count();
        return {};
    }

    Kind origin_kind() const {
        for (const EntityType& type : entity_types()) {
            if (type.kind != Kind::observation && registry_kind(type.kind) == of_->kind) {
                return type.kind;
            }
        }
        return Kind::thing;
    }

    Result<std::uint64_t> count() {
        if (!split_.rest) {
            return session_.count(kind_, of_, split_.pushed ? &*split_.pushed : nullptr);
        }
        std::uint64_t all = 0;
        TRY_DO(each({.limit = batch}, [&](const Shared&) -> Result<bool> {
            ++all;
            return true;
        }));
        return all;
    }

    Session& session_;
    Kind kind_;
    const query::Options& options_;
    const Fingerprint& fingerprint_;
    std::optional<registry::Related> of_;
    Split split_;
    std::size_t limit_;
    std::optional<PageEnd> start_;
};

}  // namespace

std::size_t page_limit(const query::Options& options, const ReadLimits& limits) {
    return static_cast<std::size_t>(
        std::min<std::uint64_t>(options.top.value_or(limits.page_default), limits.page_max));
}

Result<EntityPage> entity_page(Session& session, Kind kind, const std::optional<Origin>& of,
                               const query::Options& options, const Fingerprint& fingerprint) {
    return Pager(session, kind, of, options, fingerprint).page();
}

}  // namespace bypuls::sensorthings
