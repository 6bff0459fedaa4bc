# Warnings are errors in our own code; other people's headers are SYSTEM and stay quiet. They are clang's: a second compiler
# (preset gcc) is there to compare what comes out, and warns of what clang has been told we mean, such as __int128.
add_library(bypuls_warnings INTERFACE)
target_compile_options(bypuls_warnings INTERFACE $<$<CXX_COMPILER_ID:Clang>:
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wunused -Werror
  # std::stable_sort of libstdc++ 12 uses what C++17 deprecated, and the warning lands in our instantiation.
  -Wno-deprecated-declarations
  # In a designated initializer, what is left out has its default: that is what the form is for.
  -Wno-missing-designated-field-initializers>)
