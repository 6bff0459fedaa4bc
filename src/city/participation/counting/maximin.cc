#include <algorithm>
#include <compare>

#include "city/participation/counting/kept.h"
#include "city/participation/counting/rational.h"
#include "core/check.h"

namespace bypuls::participation::counting {
namespace {

/// Cost over voters of some set of projects: what each voter bears if its cost is spread over its supporters evenly.
struct Density {
    Money cost = 0;
    std::int64_t voters = 1;

    friend std::strong_ordering operator<=>(const Density& a, const Density& b) {
        return static_cast<__int128>(a.cost) * b.voters <=> static_cast<__int128>(b.cost) * a.voters;
    }
    friend bool operator==(const Density& a, const Density& b) { return a <=> b == 0; }
};

/// Voters by which of the projects bought so far they support, put together. "Place" is the round of a purchase.
class Classes {
public:
    explicit Classes(const Profile& profile)
        : profile_(profile), class_of_(profile.groups(), 0), supporting_(1), voters_(1) {
        for (std::size_t group = 0; group < profile.groups(); ++group) {
            voters_[0] += profile.count(group);
        }
    }

    std::size_t size() const { return voters_.size(); }
    std::int64_t voters(std::size_t of) const { return voters_[of]; }
    const std::vector<std::uint32_t>& supporting(std::size_t of) const { return supporting_[of]; }

    /// Supporters of the project by class.
    void supporters(ProjectIndex project, std::vector<std::int64_t>& by_class) const {
        by_class.assign(size(), 0);
        for (const Supporter& supporter : profile_.supporters(project)) {
            by_class[class_of_[supporter.group]] += supporter.count();
        }
    }

    void buy(ProjectIndex project, std::uint32_t place) {
        std::vector<std::uint32_t> with(size(), 0);  // 0: none yet, since that is the class of those without any
        for (const Supporter& supporter : profile_.supporters(project)) {
            const std::uint32_t before = class_of_[supporter.group];
            if (with[before] == 0) {
                with[before] = fresh();
                supporting_[with[before]] = supporting_[before];
                supporting_[with[before]].push_back(place);
            }
            class_of_[supporter.group] = with[before];
            voters_[before] -= supporter.count();
            voters_[with[before]] += supporter.count();
        }
        for (std::uint32_t before = 1; before < with.size(); ++before) {
            if (with[before] != 0 && voters_[before] == 0) {
                unused_.push_back(before);
            }
        }
    }

private:
    std::uint32_t fresh() {
        if (!unused_.empty()) {
            const std::uint32_t found = unused_.back();
            unused_.pop_back();
            return found;
        }
        supporting_.emplace_back();
        voters_.push_back(0);
        return static_cast<std::uint32_t>(voters_.size() - 1);
    }

    const Profile& profile_;
    std::vector<std::uint32_t> class_of_;  ///< by ballot group
    std::vector<std::vector<std::uint32_t>> supporting_;
    std::vector<std::int64_t> voters_;
    std::vector<std::uint32_t> unused_;
};

/// Who can bear the cost of what: the projects bought on one side, the classes of voters on the other, and as much as
/// possible of what the projects need sent to voters with room for it (Dinic's maximum flow).
template <typename Amount>
class Spreading {
public:
    explicit Spreading(const Classes& classes, std::size_t places) {
        for (std::uint32_t i = 0; i < classes.size(); ++i) {
            if (classes.voters(i) > 0 && !classes.supporting(i).empty()) {
                class_.push_back(i);
            }
        }
        // Those who support one project alone first, since nobody else can use their room.
        std::ranges::sort(class_, [&](std::uint32_t a, std::uint32_t b) {
            const std::size_t left = classes.supporting(a).size();
            const std::size_t right = classes.supporting(b).size();
            return left != right ? left < right : a < b;
        });
        place_links_.resize(places);
        for (std::uint32_t node = 0; node < class_.size(); ++node) {
            for (const std::uint32_t place : classes.supporting(class_[node])) {
                place_links_[place].push_back(static_cast<std::uint32_t>(link_place_.size()));
                link_place_.push_back(place);
                link_node_.push_back(node);
            }
            first_link_.push_back(static_cast<std::uint32_t>(link_place_.size()));
        }
    }

    std::size_t nodes() const { return class_.size(); }
    std::uint32_t class_of(std::size_t node) const { return class_[node]; }

    /// What cannot be sent of `need` (by place) within `room` (by node); the rest is not looked for once it is less
    /// than `enough`.
    Amount send(std::vector<Amount> need, std::vector<Amount> room, Amount enough) {
        need_ = std::move(need);
        room_ = std::move(room);
        sent_.assign(link_place_.size(), 0);
        left_ = 0;
        for (std::uint32_t place = 0; place < need_.size(); ++place) {
            for (const std::uint32_t link : place_links_[place]) {
                const Amount amount = std::min(need_[place], room_[link_node_[link]]);
                need_[place] -= amount;
                room_[link_node_[link]] -= amount;
                sent_[link] += amount;
            }
            left_ += need_[place];
        }
        while (left_ >= enough && left_ > 0 && layer()) {
            place_next_.assign(need_.size(), 0);
            node_next_ = std::vector(first_link_.begin(), first_link_.end() - 1);
            for (std::uint32_t place = 0; place < need_.size(); ++place) {
                if (need_[place] > 0) {
                    const Amount amount = push(place, need_[place]);
                    need_[place] -= amount;
                    left_ -= amount;
                }
            }
        }
        return left_;
    }

    /// After send() went to its end: the places that need more than all who could bear it have room for.
    std::vector<bool> crowded() const {
        std::vector<bool> set(need_.size());
        for (std::size_t place = 0; place < set.size(); ++place) {
            set[place] = place_level_[place] >= 0;
        }
        return set;
    }

private:
    /// How far each side is from a need, up to the first nodes with room; false if there are none.
    bool layer() {
        place_level_.assign(need_.size(), -1);
        node_level_.assign(nodes(), -1);
        open_.clear();
        for (std::uint32_t place = 0; place < need_.size(); ++place) {
            if (need_[place] > 0) {
                place_level_[place] = 0;
                open_.push_back(place);
            }
        }
        bool found = false;
        for (std::size_t at = 0; at < open_.size(); ++at) {
            const std::uint32_t place = open_[at];
            if (found && place_level_[place] >= last_level_) {
                break;
            }
            for (const std::uint32_t link : place_links_[place]) {
                const std::uint32_t node = link_node_[link];
                if (node_level_[node] >= 0) {
                    continue;
                }
                node_level_[node] = place_level_[place] + 1;
                if (room_[node] > 0) {
                    found = true;
                    last_level_ = node_level_[node];
                }
                for (std::uint32_t back = first_link_[node]; !found && back < first_link_[node + 1]; ++back) {
                    if (sent_[back] > 0 && place_level_[link_place_[back]] < 0) {
                        place_level_[link_place_[back]] = node_level_[node] + 1;
                        open_.push_back(link_place_[back]);
                    }
                }
            }
        }
        return found;
    }

    /// Sends up to the amount along shortest ways; what was sent. As deep as there are places at most.
    Amount push(std::uint32_t place, Amount amount) {
        Amount done = 0;
        for (std::uint32_t& i = place_next_[place]; i < place_links_[place].size(); ++i) {
            const std::uint32_t link = place_links_[place][i];
            const std::uint32_t node = link_node_[link];
            if (node_level_[node] != place_level_[place] + 1) {
                continue;
            }
            const Amount here = std::min<Amount>(amount - done, room_[node]);
            room_[node] -= here;
            sent_[link] += here;
            done += here;
            for (std::uint32_t& back = node_next_[node]; done < amount && back < first_link_[node + 1]; ++back) {
                const std::uint32_t other = link_place_[back];
                if (sent_[back] > 0 && place_level_[other] == node_level_[node] + 1) {
                    const Amount moved = push(other, std::min<Amount>(amount - done, sent_[back]));
                    sent_[back] -= moved;
                    sent_[link] += moved;
                    done += moved;
                    if (done == amount) {
                        break;
                    }
                }
            }
            if (done == amount) {
                return done;
            }
        }
        return done;
    }

    std::vector<std::uint32_t> class_;  ///< by node
    std::vector<std::uint32_t> first_link_{0};
    std::vector<std::uint32_t> link_place_;
    std::vector<std::uint32_t> link_node_;
    std::vector<std::vector<std::uint32_t>> place_links_;
    std::vector<Amount> need_;
    std::vector<Amount> room_;
    std::vector<Amount> sent_;  ///< by link
    Amount left_ = 0;
    std::vector<int> place_level_;
    std::vector<int> node_level_;
    int last_level_ = 0;
    std::vector<std::uint32_t> open_;
    std::vector<std::uint32_t> place_next_;
    std::vector<std::uint32_t> node_next_;
};

/// The projects bought, and how heavy the load becomes with one more.
///
/// When the costs of a set of projects are spread over their supporters as evenly as can be, the greatest load is that
/// of the densest subset. So with a candidate it is the load there was, or that of a subset T with the candidate in it.
/// All its supporters bear a part then, and cost(T)/voters(T) > C/N says that the others in T need more by
/// N cost − C voters, among voters who do not support the candidate, than the candidate leaves: a closure problem,
/// which a maximum flow in whole numbers decides.
template <typename Amount>
class Bought {
public:
    Bought(const Contest& contest, const Profile& profile)
        : contest_(contest), classes_(profile), network_(classes_, 0) {}

    Density load() const { return load_; }

    void buy(ProjectIndex project, const Density& load) {
        classes_.buy(project, static_cast<std::uint32_t>(costs_.size()));
        costs_.push_back(contest_.cost(project));
        load_ = load;
        network_ = Spreading<Amount>(classes_, costs_.size());
    }

    /// The densest subset with the candidate against `density`, which is no less than load(). Where it is denser,
    /// `density` becomes that of one denser than it was.
    std::strong_ordering against(ProjectIndex candidate, Density& density) {
        classes_.supporters(candidate, supporters_);
        std::vector<Amount> need;
        for (const Money cost : costs_) {
            need.push_back(static_cast<Amount>(cost) * density.voters);
        }
        std::vector<Amount> room;
        for (std::size_t node = 0; node < network_.nodes(); ++node) {
            room.push_back(static_cast<Amount>(others(node)) * density.cost);
        }
        const std::int64_t voters = contest_.totals.votes[candidate];
        const Amount left =
            static_cast<Amount>(voters) * density.cost - static_cast<Amount>(contest_.cost(candidate)) * density.voters;
        const Amount more = network_.send(std::move(need), std::move(room), left);
        if (more > left) {
            density = with(candidate, network_.crowded());
        }
        return more <=> left;
    }

private:
    std::int64_t others(std::size_t node) const {
        const std::uint32_t of = network_.class_of(node);
        return classes_.voters(of) - supporters_[of];
    }

    Density with(ProjectIndex candidate, const std::vector<bool>& set) const {
        Density density{.cost = contest_.cost(candidate), .voters = contest_.totals.votes[candidate]};
        for (std::size_t place = 0; place < set.size(); ++place) {
            density.cost += set[place] ? costs_[place] : 0;
        }
        for (std::size_t node = 0; node < network_.nodes(); ++node) {
            const bool bears = std::ranges::any_of(classes_.supporting(network_.class_of(node)),
                                                   [&](std::uint32_t place) { return set[place]; });
            density.voters += bears ? others(node) : 0;
        }
        return density;
    }

    const Contest& contest_;
    Classes classes_;
    std::vector<Money> costs_;  ///< by place
    Density load_;
    Spreading<Amount> network_;
    std::vector<std::int64_t> supporters_;  ///< of the candidate, by class
};

template <typename Amount>
class MaximinSupport {
public:
    explicit MaximinSupport(const Contest& contest)
        : contest_(contest),
          profile_(contest.election, contest.rule, Profile::Weights::ones),
          bought_(contest, profile_),
          least_(profile_.projects()),
          exact_(profile_.projects(), false) {
        for (const ProjectIndex project : contest.entrants) {
            least_[project] = {.cost = contest.cost(project), .voters = contest.totals.votes[project]};
        }
    }

    /// Until nothing is left, and as it stands where the first project does not fit.
    Kept::Maximin count(Misfit overrun) {
        Kept::Maximin both;
        Outcome& outcome = both.skipping.outcome;
        const std::vector<Decision>& all = contest_.judge.decisions();
        const auto decided = static_cast<std::ptrdiff_t>(all.size());
        std::vector<ProjectIndex> alive = contest_.entrants;
        while (!alive.empty()) {
            if (contest_.options.progress && !outcome.rounds.empty() && outcome.rounds.size() % 10 == 0) {
                contest_.options.progress("spreading the costs");
            }
            const auto [tied, load] = lightest(alive);
            const ProjectIndex chosen = contest_.judge.settle(tied, outcome.rounds.size(), outcome.ties);
            if (outcome.spent + contest_.cost(chosen) > contest_.budget) {
                if (!both.stopping) {
                    both.stopping = Kept::End{.outcome = outcome, .decisions = {all.begin() + decided, all.end()}};
                }
                if (overrun == Misfit::stop) {
                    break;
                }
                std::erase(alive, chosen);
                continue;
            }
            Round round;
            round.project = chosen;
            round.paid = contest_.cost(chosen);
            round.supporters = contest_.totals.votes[chosen];
            round.share = in_kroner(quotient(to_mpz(load.cost), to_mpz(load.voters)));
            round.pot = contest_.pot;
            outcome.rounds.push_back(std::move(round));
            outcome.spent += contest_.cost(chosen);
            bought_.buy(chosen, load);
            exact_.assign(least_.size(), false);
            std::vector<bool> out(contest_.election.projects.size(), false);
            out[chosen] = true;
            shut_out_rivals(contest_, chosen, out);
            std::erase_if(alive, [&](ProjectIndex project) { return out[project]; });
        }
        both.skipping.decisions.assign(all.begin() + decided, all.end());
        return both;
    }

private:
    /// The projects whose addition makes the greatest load smallest. Loads only grow with the set, so what a project
    /// asked in an earlier round is a lower bound, and most need not be asked again; and one that is found to ask more
    /// than another need not be asked how much.
    std::pair<std::vector<ProjectIndex>, Density> lightest(std::vector<ProjectIndex> alive) {
        for (const ProjectIndex project : alive) {
            least_[project] = std::max(least_[project], bought_.load());
        }
        std::ranges::sort(alive, [&](ProjectIndex a, ProjectIndex b) {
            const auto order = least_[a] <=> least_[b];
            return order != 0 ? order < 0 : a < b;
        });
        std::vector<ProjectIndex> tied;
        Density best;
        for (const ProjectIndex project : alive) {
            Density& least = least_[project];
            if (!tied.empty() && least > best) {
                break;
            }
            if (!tied.empty() && !exact_[project]) {
                Density density = best;
                const auto order = bought_.against(project, density);
                if (order > 0) {
                    least = density;
                    continue;
                }
                if (order == 0) {
                    least = best;
                }
                exact_[project] = least == best;
            }
            while (!exact_[project]) {
                exact_[project] = bought_.against(project, least) <= 0;
            }
            if (tied.empty() || least < best) {
                tied.clear();
                best = least;
            }
            tied.push_back(project);
        }
        std::ranges::sort(tied);
        return {tied, best};
    }

    const Contest& contest_;
    Profile profile_;
    Bought<Amount> bought_;
    std::vector<Density> least_;  ///< by project: its addition makes the load no less
    std::vector<bool> exact_;     ///< and exactly that, with what is bought now
};

Kept::Maximin count_maximin(const Contest& contest, Misfit overrun) {
    // Money times voters is what the flows are made of, and most often has 62 bits.
    Money cost = 0;
    for (const ProjectIndex project : contest.entrants) {
        cost = std::max(cost, contest.cost(project));
    }
    const __int128 most = (static_cast<__int128>(contest.budget) + cost) * contest.election.ballots.total();
    return most < std::int64_t{1} << 62 ? MaximinSupport<std::int64_t>(contest).count(overrun)
                                        : MaximinSupport<__int128>(contest).count(overrun);
}

const Kept::End& end_of(const Kept::Maximin& both, Misfit overrun) {
    return overrun == Misfit::stop && both.stopping ? *both.stopping : both.skipping;
}

}  // namespace

Result<Outcome> count_maximin_support(const Contest& contest) {
    const Misfit overrun = contest.rule.overrun;
    if (contest.kept != nullptr) {
        const auto [at, fresh] = contest.kept->maximin.try_emplace(Kept::key(contest));
        if (fresh) {
            TieJudge judge = contest.judge;
            Kept::Maximin both = count_maximin(contest.apart(judge), Misfit::skip);
            if (judge.unbroken().empty()) {
                at->second = std::move(both);
            }
        }
        if (at->second) {
            const Kept::End& end = end_of(*at->second, overrun);
            contest.judge.adopt(end.decisions);
            return end.outcome;
        }
    }
    return end_of(count_maximin(contest, overrun), overrun).outcome;
}

}  // namespace bypuls::participation::counting
