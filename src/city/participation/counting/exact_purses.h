#pragma once

// For exact arithmetic after a count; not for the counts themselves, which share nothing with it.
#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "city/participation/counting/profile.h"
#include "city/participation/counting/rational.h"
#include "core/check.h"

namespace bypuls::participation::counting {

/// Voters by what they have paid so far, in øre. Two voters with the same payments are in one class.
class ExactPurses {
public:
    ExactPurses(const Profile& profile, mpq_class endowment)
        : profile_(profile), class_(profile.groups(), 0), money_{std::move(endowment)} {}

    /// Takes min(balance, share * weight) from each supporter; the sum.
    mpq_class collect(ProjectIndex project, const mpq_class& share) {
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> next;
        mpq_class sum;
        std::map<std::pair<std::uint32_t, std::uint32_t>, std::int64_t> voters;
        for (const Supporter& supporter : profile_.supporters(project)) {
            voters[{class_[supporter.group], supporter.weight}] += supporter.count();
        }
        for (const auto& [key, count] : voters) {
            const mpq_class full = share * static_cast<unsigned long>(key.second);
            const mpq_class pays = std::min(full, money_[key.first]);
            sum += pays * to_mpz(count);
            next[key] = static_cast<std::uint32_t>(money_.size());
            money_.push_back(money_[key.first] - pays);
            check(sgn(money_.back()) >= 0, "nobody pays more than she has");
        }
        for (const Supporter& supporter : profile_.supporters(project)) {
            class_[supporter.group] = next.at({class_[supporter.group], supporter.weight});
        }
        return sum;
    }

    /// What the supporters have together.
    mpq_class left_with(ProjectIndex project) const {
        std::map<std::uint32_t, std::int64_t> voters;
        for (const Supporter& supporter : profile_.supporters(project)) {
            voters[class_[supporter.group]] += supporter.count();
        }
        mpq_class sum;
        for (const auto& [purse, count] : voters) {
            sum += money_[purse] * to_mpz(count);
        }
        return sum;
    }

private:
    const Profile& profile_;
    std::vector<std::uint32_t> class_;
    std::vector<mpq_class> money_;
};

}  // namespace bypuls::participation::counting
