// A month of three hundred devices in simulated time: copies, late and shuffled frames, rejoins, counters that begin
// anew, wrong clocks, broken payloads, devices that nobody knows, full stops and failing disks. One thread, one seed:
// BYPULS_SEED replays a run exactly, BYPULS_SEEDS says how many to try.
#include <algorithm>
#include <map>
#include <queue>

#include <fmt/format.h>

#include "tests/simulation/simulated_month.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;

constexpr int device_count = 300;
constexpr int known_count = 280;
constexpr int days = 30;
constexpr Duration interval = 6h;

/// What the way in ought to make of a message. `first`: one of the first of a count that began anew. It is stored, or
/// is put aside until the next one bears that out.
enum class Fate : std::uint8_t { stored, duplicate, quarantined, first };

/// So many numbers of a new count are taken for its first: the second that is heard bears it out.
constexpr std::uint32_t first_frames = 5;
/// By then the second has been heard, however long it was held up.
constexpr Duration first_frames_wait_max = 6 * interval + 72h;

struct Delivery {
    Instant at{};
    std::uint64_t number = 0;  // in the order of planning, so that equal times have an order
    Uplink frame;
    Fate fate = Fate::stored;
    std::uint64_t count = 0;  // of a recording: that of the frame

    friend bool operator>(const Delivery& a, const Delivery& b) {
        return std::pair(a.at, a.number) > std::pair(b.at, b.number);
    }
};

struct Device {
    std::uint32_t dev_addr = 0;
    std::uint32_t f_cnt = 0;
    Instant next{};
    Instant busy_until{};     // until then frames of this count are on their way
    bool began_anew = false;  // within its session
    std::uint64_t count = 1;  // how often it began to count
};

class Month : SimulatedMonth {
public:
    explicit Month(std::uint64_t seed) : SimulatedMonth(seed) {
        devices_.resize(device_count);
        for (int number = 0; number < device_count; ++number) {
            devices_[static_cast<std::size_t>(number)] = {
                .dev_addr = static_cast<std::uint32_t>(number * 1000 + 1),
                .next = bench_.clock.now() + Duration(random_.below(interval.count()))};
            if (number < known_count) {
                bench_.adopt(number + 1);
            }
        }
    }

    void run() {
        const Instant start = bench_.clock.now();
        for (int day = 1; day <= days && !testing::Test::HasFatalFailure(); ++day) {
            const Instant end = start + std::chrono::days{day};
            plan_until(end);
            deliver_until(end);
            settle();
            check_all(day);
        }
    }

private:
    void plan(Instant at, const Uplink& frame, Fate fate, std::uint64_t count = 0) {
        queue_.push({.at = at, .number = planned_++, .frame = frame, .fate = fate, .count = count});
    }

    /// A recording of an earlier count may be just the next frame of the new one: tests of the ledger tell of those.
    bool is_of_earlier_count(const Delivery& delivery) const {
        return delivery.count != 0 &&
               delivery.count != devices_[static_cast<std::size_t>(delivery.frame.device - 1)].count;
    }

    void plan_until(Instant end) {
        for (std::size_t i = 0; i < devices_.size(); ++i) {
            for (Device& device = devices_[i]; device.next < end;) {
                plan_frame(static_cast<int>(i) + 1, device);
                device.next += interval + Duration(random_.below(600'000'000));
            }
        }
    }

    void plan_frame(int number, Device& device) {
        // One that leaves its session before a second frame bears out that it was restarted leaves its first aside.
        const bool settled = !device.began_anew || device.f_cnt >= 2 * first_frames;
        if (random_.chance(0.005) && settled) {
            device.dev_addr += 1;  // it joined anew
            device.f_cnt = 0;
            device.began_anew = false;
            device.count += 1;
        } else if (random_.chance(0.01) && device.busy_until < device.next && device.f_cnt >= 2 * first_frames) {
            device.f_cnt = 0;  // it was restarted, and kept its session
            device.began_anew = true;
            device.count += 1;
        }
        Uplink frame{.device = number,
                     .time = device.next,
                     .f_cnt = device.f_cnt++,
                     .dev_addr = device.dev_addr,
                     .value = static_cast<std::uint32_t>(random_.next()),
                     .gateways = static_cast<int>(1 + random_.below(3))};
        if (random_.chance(0.03)) {
            return;  // nobody heard it
        }
        const Duration way =
            random_.chance(0.05) ? Duration(random_.below(Duration{72h}.count())) : Duration(random_.below(2'000'000));
        const Instant at = frame.time + way;
        const bool first = device.began_anew && frame.f_cnt < first_frames;
        Fate fate = number > known_count ? Fate::quarantined : first ? Fate::first : Fate::stored;
        if (random_.chance(0.002)) {
            frame.time = at + 48h;
            fate = Fate::quarantined;
        } else if (random_.chance(0.002)) {
            frame.whole = false;
            fate = Fate::quarantined;
        }
        plan(at, frame, fate);
        if (random_.chance(0.02)) {
            Uplink recorded = frame;  // and sent again, as if it were new
            const Duration later = 3h + Duration(random_.below(Duration{6 * 24h}.count()));
            recorded.time = at + later;
            // Stamped near the time that it was stamped with before it would be a copy; that was wrong by days then.
            if (abs(recorded.time - frame.time) > 1h) {
                plan(at + later, recorded, Fate::quarantined, device.count);
            }
        }
        if (random_.chance(0.1)) {
            plan(at + Duration(random_.below(Duration{30min}.count())), frame, Fate::duplicate);
        }
        if (random_.chance(0.1)) {
            Uplink heard_elsewhere = frame;  // by another server, a moment later
            heard_elsewhere.time += Duration(random_.below(200'000));
            plan(at + Duration(random_.below(5'000'000)), heard_elsewhere, Fate::duplicate);
        }
        if (random_.chance(0.002)) {
            Uplink forged = frame;
            forged.value += 1;
            plan(at + 1min, forged, Fate::quarantined);
        }
        device.busy_until = std::max(device.busy_until, at + 31min);
    }

    void deliver_until(Instant end) {
        while (!queue_.empty() && queue_.top().at < end && !testing::Test::HasFatalFailure()) {
            const Delivery next = queue_.top();
            queue_.pop();
            if (is_of_earlier_count(next)) {
                continue;
            }
            wait_until(next.at);
            deliver(next);
            disturb(0.001);
            if (random_.chance(0.002)) {
                ASSERT_TRUE(bench_.store->maintain().has_value());
            }
        }
    }

    void deliver(const Delivery& delivery) {
        if (random_.chance(0.001)) {
            fail_once(delivery.frame);
        }
        bench_.decoder.available = !random_.chance(0.001);
        const auto counts = bench_.uplink(delivery.frame);
        if (!counts) {
            // It was acknowledged, but could not be decoded: the next start does it.
            ASSERT_FALSE(bench_.decoder.available) << counts.error();
            bench_.decoder.available = true;
            bench_.close();
            reopen();
        }
        account(delivery);
        bench_.decoder.available = true;
        ASSERT_TRUE(bench_.try_due());
    }

    void account(const Delivery& delivery) {
        const Uplink& frame = delivery.frame;
        switch (delivery.fate) {
            case Fate::stored:
                expected_.stored += 1;
                readings_[frame.device][frame.time] = frame.value;
                break;
            case Fate::duplicate: expected_.duplicate += 1; break;
            case Fate::quarantined: expected_.quarantined += 1; break;
            case Fate::first:
                first_ += 1;
                first_of_[frame.device][frame.time] = frame.value;
                break;
        }
    }

    void check_all(int day) {
        SCOPED_TRACE(fmt::format("day {}", day));
        const Counts counts = bench_.ledger->counts()["chirpstack"];
        ASSERT_EQ(counts.in_flight(), 0U);
        // One of a new count's first may have been put aside before it was stored.
        ASSERT_GE(counts.stored, expected_.stored);
        ASSERT_GE(counts.quarantined, expected_.quarantined);
        ASSERT_EQ(counts.stored + counts.quarantined, expected_.stored + expected_.quarantined + first_);
        ASSERT_GE(counts.duplicate, expected_.duplicate);
        ASSERT_LE(counts.duplicate, expected_.duplicate + perhaps_twice_);
        ASSERT_EQ(counts.rejected, 0U);
        for (auto& [device, readings] : readings_) {
            const auto kept = bench_.all_of(Bench::stream_of(device));
            take_what_was_borne_out(device, kept, readings);
            ASSERT_EQ(kept.size(), readings.size()) << "device " << device;
            std::size_t row = 0;
            for (const auto& [time, value] : readings) {
                ASSERT_EQ(kept.times[row], time) << "device " << device;
                ASSERT_EQ(kept.numbers[row], value) << "device " << device;
                row += 1;
            }
        }
    }

    /// First frames of new counts that are there are readings like others; none waits for long, and only one at a time
    /// but for those that were lost or held up.
    void take_what_was_borne_out(int device, const observations::Columns& kept,
                                 std::map<Instant, std::uint32_t>& readings) {
        std::size_t waiting = 0;
        std::erase_if(first_of_[device], [&](const auto& first) {
            const auto& [time, value] = first;
            if (std::ranges::binary_search(kept.times, time)) {
                readings[time] = value;
                return true;
            }
            waiting += 1;
            EXPECT_LT(bench_.clock.now(), time + first_frames_wait_max) << "device " << device << " lost a frame";
            return false;
        });
        EXPECT_LE(waiting, 1U) << "device " << device;
    }

    std::vector<Device> devices_;
    std::priority_queue<Delivery, std::vector<Delivery>, std::greater<>> queue_;
    std::uint64_t planned_ = 0;
    std::map<int, std::map<Instant, std::uint32_t>> readings_;
    std::map<int, std::map<Instant, std::uint32_t>> first_of_;  // those that have not been seen to be stored
    std::uint64_t first_ = 0;
    Counts expected_;
};

TEST(IngestSimulation, AMonthOfThreeHundredDevicesIsKeptExactly) {
    run_seeds([](std::uint64_t seed) { Month(seed).run(); });
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
