/*
 * A boot clock that runs 150 times as fast, and timers on it that do as well: a quarter of an hour is
 * six seconds. The wall clock follows, so that both tell the same story.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SPEED 150

static long long nanoseconds(const struct timespec *time)
{
	return time->tv_sec * 1000000000LL + time->tv_nsec;
}

static struct timespec timespec_of(long long nanoseconds)
{
	struct timespec time = { nanoseconds / 1000000000LL, nanoseconds % 1000000000LL };
	return time;
}

static long long real(clockid_t clock)
{
	struct timespec time;
	syscall(SYS_clock_gettime, clock, &time);
	return nanoseconds(&time);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	static long long begun;
	long long now = real(CLOCK_BOOTTIME);
	if (begun == 0)
		begun = now;
	*time = timespec_of(real(clock) + (now - begun) * (SPEED - 1));
	return 0;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new, struct itimerspec *old)
{
	struct itimerspec scaled = *new;
	/* Absolute ones are far ahead and only tell of a clock that is set. */
	if (!(flags & TFD_TIMER_ABSTIME) && nanoseconds(&new->it_value) > 0) {
		long long wait = nanoseconds(&new->it_value) / SPEED;
		scaled.it_value = timespec_of(wait > 0 ? wait : 1);
	}
	return (int)syscall(SYS_timerfd_settime, fd, flags, &scaled, old);
}
