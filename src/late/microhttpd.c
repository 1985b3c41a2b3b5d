/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libmicrohttpd: see late.h. */
#include "late/late.h"

#include <microhttpd.h>
#include <stdarg.h>

static struct late_library library = {.names = {"libmicrohttpd.so.12"}};

#define REAL(name) ((__typeof__(&(name)))late_find(&library, #name))

void late_load_microhttpd(void)
{
	(void)late_find(&library, "MHD_get_version");
}

struct MHD_Daemon *MHD_start_daemon(unsigned flags, uint16_t port, MHD_AcceptPolicyCallback accept,
                                    void *accept_data, MHD_AccessHandlerCallback handler,
                                    void *handler_data, ...)
{
	__typeof__(&MHD_start_daemon_va) real = REAL(MHD_start_daemon_va);
	struct MHD_Daemon *daemon;
	va_list args;

	if (!real)
		return NULL;
	va_start(args, handler_data);
	daemon = real(flags, port, accept, accept_data, handler, handler_data, args);
	va_end(args);
	return daemon;
}

/* Whoever calls the functions from here on has a daemon, and the library is loaded then. */
const union MHD_DaemonInfo *MHD_get_daemon_info(struct MHD_Daemon *daemon,
                                                enum MHD_DaemonInfoType type, ...)
{
	return REAL(MHD_get_daemon_info)(daemon, type);
}

enum MHD_Result MHD_run(struct MHD_Daemon *daemon)
{
	return REAL(MHD_run)(daemon);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t len, void *data,
                                                     enum MHD_ResponseMemoryMode mode)
{
	return REAL(MHD_create_response_from_buffer)(len, data, mode);
}

struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block,
                                                       MHD_ContentReaderCallback read, void *data,
                                                       MHD_ContentReaderFreeCallback release)
{
	return REAL(MHD_create_response_from_callback)(size, block, read, data, release);
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *name,
                                        const char *value)
{
	return REAL(MHD_add_response_header)(response, name, value);
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned code,
                                   struct MHD_Response *response)
{
	return REAL(MHD_queue_response)(connection, code, response);
}

void MHD_destroy_response(struct MHD_Response *response)
{
	REAL(MHD_destroy_response)(response);
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                                        const char *name)
{
	return REAL(MHD_lookup_connection_value)(connection, kind, name);
}

/* Nobody here sets an option that is no number. */
enum MHD_Result MHD_set_connection_option(struct MHD_Connection *connection,
                                          enum MHD_CONNECTION_OPTION option, ...)
{
	enum MHD_Result result;
	va_list args;

	va_start(args, option);
	result = REAL(MHD_set_connection_option)(connection, option, va_arg(args, unsigned));
	va_end(args);
	return result;
}

void MHD_suspend_connection(struct MHD_Connection *connection)
{
	REAL(MHD_suspend_connection)(connection);
}

void MHD_resume_connection(struct MHD_Connection *connection)
{
	REAL(MHD_resume_connection)(connection);
}
