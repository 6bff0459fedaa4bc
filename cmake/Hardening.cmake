# The OpenSSF set of compiler hardening options, for the program that a town runs.
option(BYPULS_HARDENING "Build with the OpenSSF hardening flags" OFF)
if(BYPULS_HARDENING)
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong
    -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3
    -Wformat=2 -Werror=format-security)
  add_link_options(-pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
