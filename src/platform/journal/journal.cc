#include "platform/journal/journal.h"

#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "platform/journal/committer.h"
#include "platform/journal/recovery.h"
#include "platform/journal/shelf.h"

namespace bypuls::journal {

Result<std::unique_ptr<Journal>> open(FileSystem& files, std::string folder, Options options, Clock& clock,
                                      RecoveryReport& report) {
    report = {};
    TRY(auto recovered, recover(files, folder, options.highest_seen, report));
    return std::unique_ptr<Journal>(
        new Journal(std::make_unique<Journal::Committer>(std::move(recovered), report, std::move(options), clock)));
}

Journal::Journal(std::unique_ptr<Committer> committer) : committer_(std::move(committer)) {}
Journal::~Journal() = default;

void Journal::append(const Entry& entry, Completion done) {
    committer_->append(std::span{&entry, 1}, std::move(done));
}

void Journal::append(std::span<const Entry> entries, Completion done) {
    committer_->append(entries, std::move(done));
}

Result<Position> Journal::append_and_wait(const Entry& entry) {
    return append_and_wait(std::span{&entry, 1});
}

Result<Position> Journal::append_and_wait(std::span<const Entry> entries) {
    check(!committer_->on_own_thread(), "a completion does not wait for the journal that called it");
    return committer_->append_and_wait(entries);
}

Position Journal::first() const {
    return committer_->shelf()->first();
}

Position Journal::last() const {
    return {committer_->shelf()->next().value - 1};
}

std::uint64_t Journal::bytes() const {
    return committer_->shelf()->bytes();
}

Result<Reader> Journal::read_from(Position from) const {
    const auto next = committer_->shelf()->next();
    if (from > next) {
        return fail(Errc::conflict,
                    fmt::format("the cursor stands at position {}, but the journal ends at {}: records are missing",
                                from.value, next.value - 1));
    }
    return Reader(committer_->shelf(), std::max(from, Position{1}));
}

Result<void> Journal::release_before(Position keep_from) {
    return committer_->release_before(keep_from);
}

Result<void> Journal::start_new_segment() {
    return committer_->start_new_segment();
}

Health Journal::health() const {
    return committer_->health();
}

}  // namespace bypuls::journal
