fuzz_target(NAME ucum USES core)
