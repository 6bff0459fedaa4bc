# Not a Google Benchmark: the load that bench/mqtt.sh puts on the program.
add_executable(mqtt_load mqtt_load.cc)
target_link_libraries(mqtt_load PRIVATE bypuls::platform_mqtt bypuls_warnings)
add_executable(mqtt_listeners mqtt_listeners.cc)
target_link_libraries(mqtt_listeners PRIVATE bypuls::platform_mqtt bypuls_warnings)
