#include "apps/bypuls/commands.h"

int main(int argc, char** argv) {
    return bypuls::apps::run_program(argc, argv);
}
