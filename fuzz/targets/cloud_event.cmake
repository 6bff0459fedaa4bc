fuzz_target(NAME cloud_event USES platform/notify/webhooks)
