fuzz_target(NAME pabulib USES city/participation/pabulib)
fuzz_target(NAME election_tables USES city/participation/pabulib)
fuzz_target(NAME counting_rule USES city/participation/counting)
fuzz_target(NAME count_result USES city/participation/explanation)
