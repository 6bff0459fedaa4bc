// A month of devices that say "closed" nearly always, in simulated time: they are restarted and count anew, so that
// numbers and payloads come again, while somebody records their frames and sends them again before and after. Frames
// are held up, come twice, the program stops fully and disks fail. One thread, one seed: BYPULS_SEED replays a run
// exactly, BYPULS_SEEDS says how many to try.
#include <algorithm>
#include <array>
#include <map>
#include <queue>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "tests/simulation/simulated_month.h"
#include "tests/simulation/truth.h"

namespace bypuls::ingest::pipeline {
namespace {

using namespace std::chrono_literals;
using simulation::Heard;
using simulation::Kept;
using simulation::Truth;

constexpr int device_count = 24;
constexpr int days = 30;
constexpr Duration interval = 2h;
/// Before how many frames of each device's the gateway fails, for days at most.
constexpr double outages = 0.003;
/// Of recordings, that fit where decision 20 accepts them. Over twenty seeds they were 1.1 to 3.6 percent of a
/// month's, 2.3 in the mean, deviating by 0.7.
constexpr std::size_t taken_in_percent_max = 6;
/// Each its own device's, in turn: how often it says something else, and how often it is restarted.
struct Habit {
    double changes;
    double restarts;
    bool punctual;
};
constexpr std::array habits{Habit{0.02, 0.02, true}, Habit{0.1, 0.03, true},  Habit{0.3, 0.02, true},
                            Habit{0.0, 0.02, true},  Habit{0.1, 0.02, false}, Habit{0.5, 0.04, false}};

struct Delivery {
    Instant at{};
    std::uint64_t number = 0;  // in the order of planning, so that equal times have an order
    Uplink frame;
    bool copy = false;
    bool recording = false;
    std::size_t count = 0;

    friend bool operator>(const Delivery& a, const Delivery& b) {
        return std::pair(a.at, a.number) > std::pair(b.at, b.number);
    }
};

struct Contact {
    Habit habit{};
    std::uint32_t dev_addr = 0;
    std::uint32_t f_cnt = 0;
    std::uint32_t value = 0;
    std::size_t count = 0;
    std::uint64_t unheard = 0;  // so many frames still, before somebody hears it again
    Instant next{};
    std::vector<Delivery> air;  // what somebody may have recorded, of this session
};

class Month : SimulatedMonth {
public:
    explicit Month(std::uint64_t seed) : SimulatedMonth(seed) {
        for (int number = 1; number <= device_count; ++number) {
            contacts_[number] = {.habit = habits.at(static_cast<std::size_t>(number) % habits.size()),
                                 .dev_addr = static_cast<std::uint32_t>(number * 1000 + 1),
                                 .next = bench_.clock.now() + Duration(random_.below(interval.count()))};
            bench_.adopt(number);
        }
    }

    void run() {
        const Instant start = bench_.clock.now();
        for (int day = 1; day <= days && !testing::Test::HasFailure(); ++day) {
            const Instant end = start + std::chrono::days{day};
            for (auto& [number, contact] : contacts_) {
                while (contact.next < end) {
                    plan_frame(number, contact);
                    contact.next += interval + Duration(random_.below(600'000'000));
                }
            }
            deliver_until(end);
            settle();
            check_all(day);
        }
    }

    std::size_t borne_out = 0;
    std::size_t taken_in = 0;
    std::size_t recordings = 0;

private:
    /// The session's, in which the contact is now.
    Truth& truth_of(int number, std::uint32_t dev_addr) {
        return truths_.try_emplace({number, dev_addr}, contacts_[number].habit.punctual).first->second;
    }

    void plan(Delivery delivery) {
        delivery.number = planned_++;
        queue_.push(std::move(delivery));
    }

    void plan_frame(int number, Contact& contact) {
        if (random_.chance(0.003)) {
            contact.dev_addr += 1;  // it joined anew
            contact.f_cnt = 0;
            contact.count = 0;
            contact.air.clear();
        } else if (random_.chance(contact.habit.restarts) && contact.f_cnt > 0) {
            contact.f_cnt = 0;
            contact.count += 1;
            truth_of(number, contact.dev_addr).restarted(contact.next);
        }
        if (random_.chance(contact.habit.changes)) {
            contact.value = static_cast<std::uint32_t>(random_.below(3));
        }
        Delivery sent{.at = contact.next + Duration(random_.below(2'000'000)),
                      .frame = {.device = number,
                                .time = contact.next,
                                .f_cnt = contact.f_cnt++,
                                .dev_addr = contact.dev_addr,
                                .value = contact.value,
                                .gateways = static_cast<int>(1 + random_.below(3))},
                      .count = contact.count};
        if (!contact.habit.punctual && random_.chance(0.05)) {
            sent.at += Duration(random_.below(Duration{30h}.count()));
        }
        if (contact.unheard == 0 && random_.chance(outages)) {
            contact.unheard = 10 + random_.below(51);
        }
        contact.unheard -= contact.unheard > 0 ? 1 : 0;
        if (contact.unheard == 0 && !random_.chance(0.03)) {  // else nobody heard it
            plan(sent);
            contact.air.push_back(sent);
            if (random_.chance(0.1)) {
                Delivery copy = sent;
                copy.copy = true;
                copy.frame.time +=
                    Duration(random_.below(2) * random_.below(200'000));  // by another server, or the same
                copy.at += Duration(random_.below(5'000'000));
                plan(copy);
            }
        }
        if (random_.chance(0.08)) {
            plan_recordings(contact);
        }
    }

    /// Some frames in a row, as they were, between this frame and the next. None is stamped within ten minutes of a
    /// true one, which would be a copy.
    void plan_recordings(Contact& contact) {
        Instant when = contact.next + 15min + Duration(random_.below(Duration{50min}.count()));
        std::erase_if(contact.air, [&](const Delivery& heard) { return heard.at < when - 5 * 24h; });
        if (contact.air.empty()) {
            return;
        }
        const std::size_t run = random_.chance(0.5) ? 1 : 2 + random_.below(8);
        const std::size_t first = random_.below(contact.air.size());
        for (std::size_t i = first; i < std::min(first + run, contact.air.size()); ++i) {
            Delivery recorded = contact.air[i];
            if (recorded.count != contact.air[first].count || recorded.at > when ||
                abs(recorded.frame.time - when) < 11min) {
                break;
            }
            recorded.recording = true;
            recorded.frame.time = when;
            recorded.at = when + Duration(random_.below(1'000'000));
            plan(recorded);
            ++recordings;
            when += 1min + Duration(random_.below(Duration{3min}.count()));
        }
    }

    void deliver_until(Instant end) {
        while (!queue_.empty() && queue_.top().at < end && !testing::Test::HasFailure()) {
            const Delivery next = queue_.top();
            queue_.pop();
            wait_until(next.at);
            deliver(next);
            disturb(0.003);
        }
    }

    void deliver(const Delivery& delivery) {
        if (random_.chance(0.001)) {
            fail_once(delivery.frame);
        }
        const auto counts = bench_.uplink(delivery.frame);
        ASSERT_TRUE(counts) << counts.error();
        if (delivery.copy) {
            duplicates_ += 1;
        } else {
            units_ += 1;
            truth_of(delivery.frame.device, delivery.frame.dev_addr)
                .heard({.f_cnt = delivery.frame.f_cnt,
                        .value = delivery.frame.value,
                        .time = delivery.frame.time,
                        .at = delivery.at,
                        .count = delivery.count,
                        .recording = delivery.recording,
                        .stored_at_once = counts->stored > 0});
        }
        ASSERT_TRUE(bench_.try_due());
        // What was taken in is judged by what had come by then.
        const std::uint64_t tried = bench_.ledger->counts()["replay"].received;
        if (std::exchange(tried_, tried) != tried) {
            settle();  // letters are read from where they are kept
            check(delivery.frame.device);
        }
    }

    void check_all(int day) {
        SCOPED_TRACE(fmt::format("day {}", day));
        const Counts counts = bench_.ledger->counts()["chirpstack"];
        ASSERT_EQ(counts.in_flight(), 0U);
        ASSERT_EQ(counts.rejected, 0U);
        // A message that was refused and kept all the same is counted once as itself and once as its copy.
        ASSERT_EQ(counts.stored + counts.quarantined, units_) << "a frame was counted away";
        ASSERT_GE(counts.duplicate, duplicates_);
        ASSERT_LE(counts.duplicate, duplicates_ + perhaps_twice_);
        borne_out = taken_in = 0;
        for (const auto& [number, contact] : contacts_) {
            check(number);
        }
        for (const auto& [key, truth] : truths_) {
            borne_out += truth.borne_out();
            taken_in += truth.taken_in();
        }
    }

    void check(int number) {
        const Kept kept = kept_of(number);
        std::size_t stored = 0;
        for (auto it = truths_.lower_bound({number, 0}); it != truths_.end() && it->first.first == number; ++it) {
            Truth& truth = it->second;
            if (const auto faults = truth.faults(kept, bench_.clock.now()); !faults.empty()) {
                ADD_FAILURE() << fmt::format("device {}:\n{}\nof{}", number, fmt::join(faults, "\n"),
                                             truth.story(bench_.clock.now()));
            }
            stored += truth.stored();
        }
        EXPECT_EQ(stored, kept.readings.size()) << "device " << number << " has what nobody sent";
    }

    Kept kept_of(int number) {
        Kept kept;
        const auto columns = bench_.all_of(Bench::stream_of(number));
        for (std::size_t row = 0; row < columns.size(); ++row) {
            EXPECT_TRUE(kept.readings.try_emplace(columns.times[row], columns.numbers[row]).second) << "stored twice";
        }
        const auto letters =
            bench_.ledger->dead_letters({.device = device_text(number), .replayed = false, .limit = 1'000'000});
        EXPECT_TRUE(letters.has_value()) << letters.error();
        for (const DeadLetter& letter : *letters) {
            const auto event = lorawan::parse_chirpstack_json("up", letter.payload);
            EXPECT_TRUE(event.has_value() && event->time) << letter.payload;
            EXPECT_TRUE(kept.letters.try_emplace(*event->time, name_of(letter.reason)).second)
                << "two letters wait for one frame: " << letter.payload;
        }
        return kept;
    }

    std::map<int, Contact> contacts_;
    std::map<std::pair<int, std::uint32_t>, Truth> truths_;
    std::priority_queue<Delivery, std::vector<Delivery>, std::greater<>> queue_;
    std::uint64_t planned_ = 0;
    std::uint64_t units_ = 0;
    std::uint64_t duplicates_ = 0;
    std::uint64_t tried_ = 0;  // of what was to be tried again
};

TEST(IngestSimulation, NoFrameOfADeviceThatSaysTheSameIsCountedAwayAndNoRecordingIsAReading) {
    run_seeds([](std::uint64_t seed) {
        Month month(seed);
        month.run();
        EXPECT_GT(month.recordings, 100U) << "too few to prove anything";
        EXPECT_GT(month.borne_out, 100U);
        EXPECT_LT(month.taken_in * 100, month.recordings * taken_in_percent_max)
            << month.taken_in << " of " << month.recordings << " recordings are readings";
        fmt::print("seed {}: {} frames had to be stored, {} of {} recordings taken in\n", seed, month.borne_out,
                   month.taken_in, month.recordings);
    });
}

}  // namespace
}  // namespace bypuls::ingest::pipeline
