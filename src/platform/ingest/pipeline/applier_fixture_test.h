#pragma once

#include "platform/ingest/pipeline/fixture_test.h"

namespace bypuls::ingest::pipeline {

/// What tests of the applier and of the pipeline around it say to a bench.
class ApplierTest : public testing::Test {
protected:
    std::int64_t now() const { return bench_.clock.now().time_since_epoch().count(); }
    Counts lines(const std::string& body) {
        const auto counts = bench_.lines(body);
        EXPECT_TRUE(counts.has_value()) << counts.error();
        return counts.value_or(Counts{});
    }
    Counts uplink(const Uplink& frame) {
        const auto counts = bench_.uplink(frame);
        EXPECT_TRUE(counts.has_value()) << counts.error();
        return counts.value_or(Counts{});
    }
    std::vector<DeadLetter> letters() {
        EXPECT_TRUE(bench_.projection->settle().has_value());
        return bench_.ledger->dead_letters({}).value();
    }
    std::unique_ptr<Intake> frame_of(const Uplink& frame) const {
        return prepare({.way = Way::chirpstack_json,
                        .detail = "up",
                        .received = bench_.clock.now(),
                        .body = body_of(frame)})
            .value();
    }

    Bench bench_;
};

}  // namespace bypuls::ingest::pipeline
