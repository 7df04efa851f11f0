/*
 * A plugin for qemu-user: counts the instructions of the emulated processor and writes the number
 * to the file `out=PATH` at the end; not to standard error, which the program makes its own. The few declarations are those of qemu's plugin interface,
 * version 1, for which Debian has no package of headers.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define ADD 0

struct qemu_plugin_tb;
typedef uint64_t Id;
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation,
					      void *counter, uint64_t value);
void qemu_plugin_register_vcpu_tb_trans_cb(Id id, void (*call)(Id, struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(Id id, void (*call)(Id, void *), void *data);

EXPORT int qemu_plugin_version = 1;
static uint64_t executed;
static FILE *out;

static void translated(Id id, struct qemu_plugin_tb *block) {
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &executed,
						 qemu_plugin_tb_n_insns(block));
}

static void ended(Id id, void *data) {
	(void)id;
	(void)data;
	fprintf(out, "instructions %llu\n", (unsigned long long)executed);
	fclose(out);
}

EXPORT int qemu_plugin_install(Id id, const void *info, int count, char **words) {
	(void)info;
	if (count != 1 || strncmp(words[0], "out=", 4) != 0)
		return 1;
	/* Now, as the program may change its folder. */
	out = fopen(words[0] + 4, "w");
	if (out == NULL)
		return 1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	qemu_plugin_register_atexit_cb(id, ended, NULL);
	return 0;
}
