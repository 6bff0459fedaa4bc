#include "platform/registry/relational/writing.h"

namespace bypuls::registry::rows {

Result<std::int64_t> Writing::apply_one(const Write& write, Removed& removed) {
    if (const auto* create = std::get_if<Create>(&write)) {
        return std::visit(
            [&](const auto& entity) -> Result<std::int64_t> {
                TRY(const auto id, add(entity));
                return id.value;
            },
            create->entity);
    }
    if (const auto* update = std::get_if<Update>(&write)) {
        return std::visit(
            [&](const auto& entity) -> Result<std::int64_t> {
                TRY_DO(replace(entity));
                return entity.id.value;
            },
            update->entity);
    }
    if (const auto* gone = std::get_if<Remove>(&write)) {
        TRY_DO(remove_any(gone->kind, gone->id, removed));
        return gone->id;
    }
    const auto& moved = std::get<Move>(write);
    TRY(const auto id, move(moved.thing, moved.locations, moved.time.value_or(now_)));
    return id.value;
}

Result<Applied> Writing::apply(std::span<const Write> writes, std::span<const std::string> names,
                               const ObservedDuring& observed) {
    if (writes.size() > writes_max) {
        return fail(Errc::exhausted, fmt::format("at most {} writes are made at once", writes_max));
    }
    observed_ = &observed;
    Applied applied;
    std::vector<std::optional<Kind>> kinds;
    for (const Write& given : writes) {
        Write write = given;
        const auto resolved = resolve(write, kinds, applied.ids);
        const auto id =
            resolved ? apply_one(write, applied.removed) : Result<std::int64_t>(std::unexpect, resolved.error());
        if (!id) {
            return refused(id.error(), applied.ids.size(), names);
        }
        applied.ids.push_back(*id);
        kinds.push_back(made_by(write));
    }
    return applied;
}

}  // namespace bypuls::registry::rows
