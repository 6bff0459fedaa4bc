#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "platform/journal/journal.h"
#include "platform/journal/scan.h"
#include "platform/journal/shelf.h"

namespace bypuls::journal {
namespace {

constexpr std::size_t gaps_max = 100;  // further ones are counted, not listed

}  // namespace

struct Reader::Place {
    Segment segment;
    std::unique_ptr<File> file;
    SegmentScan scan;
};

Reader::Reader(std::shared_ptr<Shelf> shelf, Position from) : shelf_(std::move(shelf)), position_(from) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

void Reader::pass_over(Position until, std::uint64_t offset, std::string file, std::string what) {
    if (gaps_.size() < gaps_max) {
        gaps_.push_back({.first = position_,
                         .last = {until.value - 1},
                         .file = std::move(file),
                         .offset = offset,
                         .what = std::move(what)});
    }
    position_ = until;
}

void Reader::pass_over_segment(const Segment& segment, std::string what) {
    shelf_->records_damaged += segment.end.value - position_.value;
    pass_over(segment.end, 0, segment.name, std::move(what));
}

Result<bool> Reader::find_place() {
    if (place_ && position_ < place_->segment.end) {
        return true;
    }
    auto segment = shelf_->find(position_);
    if (!segment) {
        return false;
    }
    if (position_ < segment->first) {
        pass_over(segment->first, 0, {}, "released before they were read");
    }
    if (place_ && place_->segment.name == segment->name && place_->segment.marker == segment->marker) {
        place_->segment = std::move(*segment);
        return true;
    }
    place_.reset();
    if (!segment->readable) {
        pass_over_segment(*segment, "the segment's header is lost");
        return find_place();
    }
    auto file = shelf_->files().open(shelf_->path(segment->name), OpenMode::read);
    if (!file && file.error().code == Errc::not_found) {
        const auto now = shelf_->find(position_);
        if (now && now->name == segment->name) {
            pass_over_segment(*segment, "the segment's file is missing");
        }
        return find_place();  // otherwise it was released in this moment
    }
    if (!file) {
        return std::unexpected(file.error());
    }
    place_ = std::make_unique<Place>(*segment, std::move(*file), SegmentScan(segment->marker, segment->first));
    return true;
}

Result<std::optional<Record>> Reader::next() {
    for (;;) {
        TRY(const bool found, find_place());
        if (!found) {
            return std::nullopt;
        }
        const Segment& segment = place_->segment;
        TRY(auto step, place_->scan.next(*place_->file, segment.end, segment.bytes, position_));
        if (step.kind == SegmentScan::Kind::record && step.header.position == position_) {
            position_ = position_.next();
            return std::move(step.record);
        }
        if (step.kind == SegmentScan::Kind::hole && step.gap_last >= position_) {
            pass_over(step.gap_last.next(), step.offset, segment.name,
                      "torn by a power cut before it was acknowledged, or damaged since");
        }
        if (step.kind == SegmentScan::Kind::gap && step.gap_last >= position_) {
            shelf_->records_damaged += step.gap_last.value - position_.value + 1;
            pass_over(step.gap_last.next(), step.offset, segment.name, "damaged or missing");
        }
    }
}

std::vector<Gap> Reader::take_gaps() {
    return std::exchange(gaps_, {});
}

}  // namespace bypuls::journal
