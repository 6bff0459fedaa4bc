fuzz_target(NAME identity_headers USES platform/identity)
