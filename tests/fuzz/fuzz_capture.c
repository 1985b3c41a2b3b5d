/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzzes the reader of capture files; what it takes is written again and must be taken again. */
#include "observe/capture.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a capture out of memory. */
static int read_bytes(const void *data, size_t size, struct snapshot **ret_snapshot,
                      struct error **ret_error)
{
	FILE *stream = fmemopen((void *)(uintptr_t)data, size, "re");
	int status;

	if (!stream)
		abort();
	status = capture_read_stream(stream, "fuzz", ret_snapshot, ret_error);
	fclose(stream);
	return status;
}

/* Writes a snapshot to a file and reads it back. */
static void write_and_read(const struct snapshot *snapshot)
{
	_cleanup_snapshot_ struct snapshot *again = NULL;
	_cleanup_error_ struct error *error = NULL;
	char path[] = "/tmp/fuzz_capture.XXXXXX";
	const int fd = mkstemp(path);

	if (fd < 0)
		abort();
	close(fd);
	if (capture_write(snapshot, path, &error) < 0 || capture_read(path, &again, &error) < 0) {
		fprintf(stderr, "%s\n", error_message(error));
		abort();
	}
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_snapshot_ struct snapshot *snapshot = NULL;
	_cleanup_error_ struct error *error = NULL;

	if (size == 0)
		return 0;
	if (read_bytes(data, size, &snapshot, &error) == 0)
		write_and_read(snapshot);
	else if (!error || strncmp(error_message(error), "fuzz:", 5) != 0)
		abort();
	return 0;
}
