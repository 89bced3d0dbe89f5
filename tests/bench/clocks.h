// Wall clock and processor time, in seconds. On a busy machine only the second one means much.
#pragma once

#include <sys/types.h>

namespace carnet::bench {

// Of a clock that is never set.
double Now();

double ThreadCpu();
double ProcessCpu();

// Of another process, all its threads; counted by the kernel in steps of 10 ms.
double CpuOf(pid_t process);

}  // namespace carnet::bench
