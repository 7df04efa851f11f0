/*
 * Runs a program and writes what it used to a file: wall time in ns, user and system time in us,
 * peak resident memory in KiB, exit code. A small process of its own, because the kernel counts
 * the memory of the process that forked towards the peak of the program (exec keeps maxrss).
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long micros(struct timeval time) {
	return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int count, char **words) {
	if (count < 3)
		return 64;
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	pid_t child = fork();
	if (child == 0) {
		execvp(words[2], words + 2);
		_exit(127);
	}
	int status;
	struct rusage used;
	/* Also what the program waited for itself: helpers of a script are part of its price. */
	if (child < 0 || wait4(child, &status, 0, &used) != child)
		return 71;
	clock_gettime(CLOCK_MONOTONIC, &end);
	FILE *out = fopen(words[1], "w");
	if (!out)
		return 74;
	fprintf(out, "%lld %lld %lld %ld %d\n",
		(end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec,
		micros(used.ru_utime), micros(used.ru_stime), used.ru_maxrss,
		WIFEXITED(status) ? WEXITSTATUS(status) : 128);
	return fclose(out) ? 74 : 0;
}
