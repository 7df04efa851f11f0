/*
 * Stands in place of functions of musl that do more than is asked of them here. What they leave out
 * would be reported as an error of the call, as by an older kernel.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

struct limits;
typedef unsigned long thread;

/*
 * The agent gives its threads no names, but std can, and musl's way to do that brings printf and
 * the arithmetic of floating point with it: 17 KB on MIPS.
 */
int pthread_setname_np(thread of, const char *name)
{
	(void)of;
	(void)name;
	return 0;
}

/* std asks for the size of a page alone; musl knows 250 values, and getrlimit for some: 1.4 KB. */
long sysconf(int name)
{
	if (name == _SC_PAGESIZE)
		return (long)getauxval(AT_PAGESZ);
	errno = EINVAL;
	return -1;
}

/* musl translates structures of sound and video for kernels with 32-bit times: 1 KB. */
int ioctl(int fd, int request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* For kernels before 2.6.36 musl stops every thread, to have each set the limit itself: 1.1 KB. */
int setrlimit(int resource, const struct limits *limits)
{
	return (int)syscall(SYS_prlimit64, 0, resource, limits, 0);
}
