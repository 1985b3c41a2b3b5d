/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stand-in for an engine's API: answers GET on a unix socket from files.
 *
 * Theory of operation: GET /v1.44/containers/json is the file containers/json.json of its
 * directory, with or without the version, and whatever the query. The file `headers` holds header
 * lines that each answer carries. A process for each connection; a lab asks a few questions at a
 * time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "modes.h"
#include "verdict.h"

/** Reads a whole file into memory that the caller frees. Returns NULL when it cannot be read. */
static char *file_read(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	char *data = NULL;

	if (!file)
		return NULL;
	if (!fstat(fileno(file), &st) && S_ISREG(st.st_mode)) {
		data = malloc((size_t)st.st_size + 1);
		if (data) {
			*ret_len = fread(data, 1, (size_t)st.st_size, file);
			data[*ret_len] = '\0';
		}
	}
	fclose(file);
	return data;
}

/** Cuts the query and the version off a request's path. Returns what is left, within `path`. */
static const char *path_trim(char *path)
{
	char *rest = path;

	path[strcspn(path, "?")] = '\0';
	if (rest[0] == '/' && rest[1] == 'v' && strchr(rest + 1, '/'))
		rest = strchr(rest + 1, '/');
	return rest + strspn(rest, "/");
}

/** Answers one request, of which `line` is the first line. Returns false when the stream is broken.
 */
static bool answer(FILE *stream, char *line)
{
	static const char missing[] = "{\"message\":\"page not found\"}\n";
	char file[512], path[256] = "", *data = NULL, *headers;
	const char *type = "application/json", *rest;
	size_t len = 0, headers_len = 0;
	bool head = !strncmp(line, "HEAD ", 5);

	if (!head && strncmp(line, "GET ", 4) != 0)
		return false;
	sscanf(strchr(line, ' '), " %255s", path);
	rest = path_trim(path);
	if (!strcmp(rest, "_ping")) {
		type = "text/plain; charset=utf-8";
		data = strdup("OK");
		len = 2;
	} else if (!strstr(rest, "..")) {
		snprintf(file, sizeof(file), "%s.json", rest);
		data = file_read(file, &len);
	}
	headers = file_read("headers", &headers_len);
	fprintf(stream, "HTTP/1.1 %s\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
	        data ? "200 OK" : "404 Not Found", headers ? headers : "", type,
	        data ? len : strlen(missing));
	if (!head)
		fwrite(data ? data : missing, 1, data ? len : strlen(missing), stream);
	free(headers);
	free(data);
	return fflush(stream) == 0;
}

/** Answers the requests of one connection until it ends. */
static void converse(int fd)
{
	FILE *stream = fdopen(fd, "r+");
	char first[512], line[4096];

	while (stream && fgets(first, sizeof(first), stream)) {
		while (fgets(line, sizeof(line), stream) && strcmp(line, "\r\n") != 0)
			;
		fseek(stream, 0, SEEK_CUR);
		if (!answer(stream, first))
			break;
	}
}

/** Reads `-H unix://PATH --data-root DIRECTORY` and answers for ever; other arguments are for show.
 */
int api_main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = NULL, *dir = NULL;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i + 1 < argc; i++) {
		if (!strcmp(argv[i], "-H") && !strncmp(argv[i + 1], "unix://", 7))
			path = argv[i + 1] + 7;
		else if (!strcmp(argv[i], "--data-root"))
			dir = argv[i + 1];
	}
	if (!path || !dir || strlen(path) >= sizeof(address.sun_path)) {
		fputs("labserver: dockerd -H unix://PATH --data-root DIRECTORY\n", stderr);
		return VERDICT_ERROR;
	}
	strcpy(address.sun_path, path);
	unlink(path);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (fd < 0 || chdir(dir) || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    listen(fd, 128)) {
		fprintf(stderr, "labserver: %s: %s\n", path, strerror(errno));
		return VERDICT_ERROR;
	}
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (client < 0)
			continue;
		if (fork() == 0) {
			converse(client);
			_exit(0);
		}
		close(client);
	}
}
