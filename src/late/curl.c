/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libcurl: see late.h. */
#include "late/late.h"

#include <curl/curl.h>
#include <stdarg.h>

/* The header's checks of types stand in the way of definitions. */
#undef curl_easy_getinfo
#undef curl_easy_setopt

/* Its binary interface has been this one since 2006; Debian builds it with two TLS libraries. */
static struct late_library library = {.names = {"libcurl.so.4", "libcurl-gnutls.so.4"}};

/* A call of the real function of a name; its type is the declared one's. */
#define REAL(name) ((__typeof__(&(name)))late_find(&library, #name))

CURLcode curl_global_init(long flags)
{
	CURLcode (*real)(long) = REAL(curl_global_init);

	return real ? real(flags) : CURLE_OUT_OF_MEMORY;
}

CURL *curl_easy_init(void)
{
	CURL *(*real)(void) = REAL(curl_easy_init);

	return real ? real() : NULL;
}

/* Whoever calls the functions from here on has a handle of the library, which is loaded then. */
CURLcode curl_easy_perform(CURL *easy)
{
	return REAL(curl_easy_perform)(easy);
}

void curl_easy_cleanup(CURL *easy)
{
	REAL(curl_easy_cleanup)(easy);
}

const char *curl_easy_strerror(CURLcode code)
{
	const char *(*real)(CURLcode) = REAL(curl_easy_strerror);

	return real ? real(code) : "libcurl is not there";
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
	CURLcode (*real)(CURL *, CURLoption, ...) = REAL(curl_easy_setopt);
	CURLcode code;
	va_list args;

	va_start(args, option);
	/* Numbers of options say of which type the value is (curl/curl.h, CURLOPTTYPE_*). Nobody
	 * here sets one whose value is a curl_off_t. */
	/* NOLINTNEXTLINE(bugprone-branch-clone): the branches differ in their types */
	if (option < CURLOPTTYPE_OBJECTPOINT)
		code = real(easy, option, va_arg(args, long));
	else
		code = real(easy, option, va_arg(args, void *));
	va_end(args);
	return code;
}

CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...)
{
	CURLcode (*real)(CURL *, CURLINFO, ...) = REAL(curl_easy_getinfo);
	CURLcode code;
	va_list args;

	va_start(args, info);
	code = real(easy, info, va_arg(args, void *));
	va_end(args);
	return code;
}

char *curl_easy_escape(CURL *easy, const char *text, int len)
{
	return REAL(curl_easy_escape)(easy, text, len);
}

void curl_free(void *data)
{
	if (data)
		REAL(curl_free)(data);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	struct curl_slist *(*real)(struct curl_slist *, const char *) = REAL(curl_slist_append);

	return real ? real(list, text) : NULL;
}

void curl_slist_free_all(struct curl_slist *list)
{
	if (list)
		REAL(curl_slist_free_all)(list);
}

CURLM *curl_multi_init(void)
{
	CURLM *(*real)(void) = REAL(curl_multi_init);

	return real ? real() : NULL;
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	return REAL(curl_multi_add_handle)(multi, easy);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *easy)
{
	return REAL(curl_multi_remove_handle)(multi, easy);
}

CURLMcode curl_multi_perform(CURLM *multi, int *running)
{
	return REAL(curl_multi_perform)(multi, running);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
	return REAL(curl_multi_info_read)(multi, left);
}

CURLMcode curl_multi_poll(CURLM *multi, struct curl_waitfd extra[], unsigned n, int milliseconds,
                          int *numfds)
{
	return REAL(curl_multi_poll)(multi, extra, n, milliseconds, numfds);
}
