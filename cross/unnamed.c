/*
 * The agent gives its threads no names, but std can, and musl's way to do that brings printf and
 * the arithmetic of floating point with it: 17 KB on MIPS. This stands in its place.
 */
typedef unsigned long thread;

int pthread_setname_np(thread of, const char *name)
{
	(void)of;
	(void)name;
	return 0;
}
