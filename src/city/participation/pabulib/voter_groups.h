#pragma once

#include <string>
#include <vector>

#include "city/participation/counting/election.h"
#include "city/participation/pabulib/document.h"

namespace bypuls::participation::pabulib {

/// The ballots of voters of one age, or from one part of the town.
struct VoterGroup {
    std::string by;    ///< "age", "neighborhood" or "district": the column of the file
    std::string name;  ///< ages in bands: "under 18", "18–29", … "75+"; empty: all that would be too small
    counting::Ballots ballots;
};

/// Nothing is told of fewer voters with a choice than this.
inline constexpr std::int64_t group_voters_min = 10;

/// The ballots of a document that can be read, by what its columns say of the voters; by column, then by name. Groups
/// of fewer than group_voters_min are put together, and with them the smallest others until they are so many, so that
/// nothing of them follows from the rest. Voters of whom nothing is said are left out, and columns with but one group.
std::vector<VoterGroup> voter_groups(const Document& document);

}  // namespace bypuls::participation::pabulib
