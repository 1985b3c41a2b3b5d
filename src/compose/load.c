/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads Compose files as one tool does.
 *
 * Theory of operation. A file is read once and kept; variables are filled into all of its text
 * first, then each service becomes a draft, over the draft of what it extends, and files are merged
 * draft by draft. Whatever leads from one file to another (extends, include) is followed with the
 * chain of those who led there, so that a circle is found where it closes. Files and depth are
 * capped; what a tool refuses ends its reading with the place.
 */
#include "compose/load.h"

#include "base/file.h"
#include "compose/service_draft.h"
#include "compose/variables.h"

#include <libgen.h>
#include <string.h>
#include <unistd.h>

enum { CHAIN_MOST = 32, FILLED_CAP = 32 << 20 };

/* A file that was read, its variables filled in. */
struct loaded {
	const char *path;
	struct yaml_node *root;
};

/* The address that a network's ports get where they name none. */
struct network {
	const char *name;
	struct address address; /* family 0: every address */
};

struct loader {
	const struct tool_rules *rules;
	const struct compose_options *options;
	struct arena *arena;
	struct variables variables;
	VEC(struct loaded) files;
	VEC(struct network) networks;
	size_t filled; /* bytes that came of filling in variables */
	bool versioned;
	struct error **ret_error;
};

/* Who led where: a service of a file, or a file. */
struct chain {
	const struct chain *up;
	const char *path, *service; /* service NULL: the file was included */
};

/* Says what is wrong at a node. Returns -number. */
static int node_error(const struct loader *loader, const struct yaml_node *node, int number,
                      const char *what)
{
	return error_set(loader->ret_error, number, "%s:%u:%u: %s", node->file, node->line,
	                 node->column, what);
}

/* Says that memory is out. Returns -ENOMEM. */
static int no_memory(const struct loader *loader)
{
	return error_set(loader->ret_error, ENOMEM, "out of memory");
}

/* Puts a draft over another. 0 or a negative errno. */
static int merge_drafts(const struct loader *loader, struct service_draft *draft,
                        const struct service_draft *over)
{
	int status = service_draft_merge(loader->rules, draft, over);

	if (status == 0)
		return 0;
	return status == -ENOMEM ? no_memory(loader)
	                         : error_set(loader->ret_error, -status,
	                                     "%s:%u:%u: more ports than any service has",
	                                     over->service.place.file, over->service.place.line,
	                                     over->service.place.column);
}

/* Fills variables into all text of a tree. 0 or a negative errno. */
static int fill_tree(struct loader *loader, struct yaml_node *node)
{
	struct error *error = NULL;
	const char *text;
	int status = 0;

	if (loader->rules->tags == TAGS_REFUSED && node->tag && node->tag[0] == '!')
		return node_error(loader, node, EINVAL, "tags (!name) are not taken");
	for (struct yaml_node *item = node->items; item && status == 0; item = item->next)
		status = fill_tree(loader, item);
	if (node->kind != YAML_TEXT || status < 0)
		return status;
	status = variables_fill(&loader->variables, loader->rules, node->text, loader->arena, &text,
	                        &error);
	if (status < 0) {
		status = node_error(loader, node, -status, error_message(error));
		error_free(error);
		return status;
	}
	if (text == node->text)
		return 0;
	node->written = node->text;
	node->text = text;
	/* What an alias copied shares its text; filled in, it no longer does. */
	loader->filled += strlen(text) + 1;
	return loader->filled <= FILLED_CAP
	           ? 0
	           : node_error(loader, node, EFBIG, "more text than is taken comes of variables");
}

/* Sees to keys that are there twice: an error, or the last one counts. 0 or -EINVAL. */
static int check_twice(const struct loader *loader, struct yaml_node *node)
{
	int status = 0;

	for (struct yaml_node *item = node->items; item && status == 0; item = item->next) {
		struct yaml_node **link = &node->items;

		status = check_twice(loader, item);
		if (node->kind != YAML_MAP || status < 0)
			continue;
		while (*link != item && strcmp((*link)->key->text, item->key->text) != 0)
			link = &(*link)->next;
		if (*link == item)
			continue;
		if (!loader->rules->last_key_wins)
			return node_error(loader, item->key, EINVAL, "the same key twice");
		*link = (*link)->next;
	}
	return status;
}

/* Reads a file, or finds it. 0 or a negative errno. */
static int load_file(struct loader *loader, const char *path, struct yaml_node **ret_root)
{
	static const struct yaml_rules yaml = {
	    .what = "a Compose file", .references = true, .tags = true};
	_cleanup_(bytes_done) struct bytes text = {0};
	struct loaded *loaded;
	int status;

	vec_foreach(file, &loader->files)
		if (strcmp(file->path, path) == 0) {
			*ret_root = file->root;
			return 0;
		}
	if (loader->files.n >= COMPOSE_FILES_CAP)
		return error_set(loader->ret_error, E2BIG,
		                 "%s: more than the %d files that are read", path,
		                 COMPOSE_FILES_CAP);
	loaded = vec_push(&loader->files);
	if (!loaded)
		return no_memory(loader);
	loaded->path = path;
	status = file_read(path, COMPOSE_FILE_CAP, &text, loader->ret_error);
	if (status == 0)
		status = yaml_read(&yaml, text.data ? (const char *)text.data : "", text.len,
		                   COMPOSE_FILE_CAP, file_name(path), loader->arena, &loaded->root,
		                   loader->ret_error);
	if (status == 0 && loaded->root->kind != YAML_MAP)
		status =
		    node_error(loader, loaded->root, EINVAL, "expected a mapping with services");
	if (status == 0)
		status = check_twice(loader, loaded->root);
	if (status == 0)
		status = fill_tree(loader, loaded->root);
	if (status < 0)
		loader->files.n--;
	else
		*ret_root = loaded->root;
	return status;
}

/* A path beside another file; borrowed from the arena, NULL when memory is out. */
static const char *path_beside(const struct loader *loader, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (*path == '/' || !slash)
		return arena_strdup(loader->arena, path);
	return arena_printf(loader->arena, "%.*s/%s", (int)(slash - file), file, path);
}

/* Sees that a step leads nowhere where the chain has been. 0 or -ELOOP. */
static int check_chain(const struct loader *loader, const struct chain *chain,
                       const struct yaml_node *node, const char *path, const char *service)
{
	unsigned depth = 0;

	for (; chain; chain = chain->up) {
		bool same_service =
		    (!service && !chain->service) ||
		    (service && chain->service && strcmp(service, chain->service) == 0);

		if (++depth >= CHAIN_MOST || (same_service && strcmp(path, chain->path) == 0))
			return node_error(loader, node, ELOOP,
			                  service ? "extends goes round in a circle"
			                          : "include goes round in a circle");
	}
	return 0;
}

static int read_service(struct loader *loader, const struct chain *up, const char *path,
                        const struct yaml_node *node, struct service_draft *draft);

/* Makes the draft of what a service extends. 0 or a negative errno. */
static int read_extended(struct loader *loader, const struct chain *chain,
                         const struct yaml_node *extends, struct service_draft *draft)
{
	const struct yaml_node *file = yaml_get(extends, "file"), *name = extends, *service;
	const char *path = chain->path;
	struct yaml_node *root = NULL;
	int status;

	if (extends->kind == YAML_MAP)
		name = yaml_get(extends, "service");
	if (!name || name->kind != YAML_TEXT || (file && file->kind != YAML_TEXT))
		return node_error(loader, extends, EINVAL, "extends: expected a service's name");
	if (file) {
		path = path_beside(loader, chain->path, file->text);
		if (!path)
			return no_memory(loader);
	}
	status = load_file(loader, path, &root);
	if (status < 0) {
		if (loader->ret_error && *loader->ret_error && file)
			return error_wrap(loader->ret_error, status, "%s:%u:%u: extends",
			                  extends->file, extends->line, extends->column);
		return status;
	}
	service = yaml_get(yaml_get(root, "services"), name->text);
	if (!service)
		return error_set(loader->ret_error, EINVAL,
		                 "%s:%u:%u: extends: no service \"%s\" in %s", extends->file,
		                 extends->line, extends->column, name->text, path);
	status = check_chain(loader, chain, extends, path, name->text);
	return status < 0 ? status : read_service(loader, chain, path, service, draft);
}

/* Keeps whether a service has profiles, and whether one of them is switched on. */
static void read_profiles(const struct loader *loader, const struct yaml_node *node,
                          struct service_draft *draft)
{
	const struct yaml_node *profiles = yaml_get(node, "profiles");

	draft->has_profiles = profiles && profiles->items;
	if (!draft->has_profiles)
		return;
	for (const struct yaml_node *item = profiles->items; item; item = item->next)
		for (const char *const *on = loader->options->profiles; on && *on; on++)
			if (item->kind == YAML_TEXT &&
			    (strcmp(*on, "*") == 0 || strcmp(item->text, *on) == 0))
				draft->profile_on = true;
	draft->service.active = draft->profile_on;
}

/* Makes a service's draft, over that of what it extends. 0 or a negative errno. */
static int read_service(struct loader *loader, const struct chain *up, const char *path,
                        const struct yaml_node *node, struct service_draft *draft)
{
	const struct chain chain = {up, path, node->key->text};
	const struct yaml_node *extends = yaml_get(node, "extends");
	struct service_draft own = {0};
	int status =
	    service_draft_read(loader->rules, node, loader->arena, &own, loader->ret_error);

	read_profiles(loader, node, &own);
	if (status == 0 && extends)
		status = read_extended(loader, &chain, extends, draft);
	if (status == 0 && !extends) {
		*draft = own;
		return 0;
	}
	if (status == 0)
		status = merge_drafts(loader, draft, &own);
	service_draft_done(&own);
	return status;
}

/* The draft of a name among others, or NULL. */
static struct service_draft *draft_find(const struct drafts *drafts, const char *name)
{
	vec_foreach(draft, drafts)
		if (strcmp(draft->service.name, name) == 0)
			return draft;
	return NULL;
}

/* Puts a draft, which is taken, over the one of its name. 0 or a negative errno. */
static int drafts_put(struct loader *loader, struct drafts *drafts, struct service_draft *draft)
{
	struct service_draft *there = draft_find(drafts, draft->service.name);
	int status = 0;

	if (there) {
		status = merge_drafts(loader, there, draft);
		service_draft_done(draft);
		return status;
	}
	there = vec_push(drafts);
	if (!there) {
		service_draft_done(draft);
		return no_memory(loader);
	}
	*there = *draft;
	return 0;
}

/* Keeps the addresses that a file's networks bind ports to. 0 or a negative errno. */
static int read_networks(struct loader *loader, const struct yaml_node *root)
{
	const struct yaml_node *networks = yaml_get(root, "networks");

	for (const struct yaml_node *item = networks ? networks->items : NULL; item;
	     item = item->next) {
		const struct yaml_node *binding = yaml_get(
		    yaml_get(item, "driver_opts"), "com.docker.network.bridge.host_binding_ipv4");
		struct network *network;

		if (networks->kind != YAML_MAP || !binding || binding->kind != YAML_TEXT)
			continue;
		network = vec_push(&loader->networks);
		if (!network)
			return no_memory(loader);
		network->name = item->key->text;
		if (!address_parse(binding->text, &network->address))
			return node_error(loader, binding, EINVAL, "expected an address");
	}
	return 0;
}

static int read_file(struct loader *loader, const struct chain *up, const char *path,
                     struct drafts *drafts);

/* Adds what an included file has. 0 or a negative errno. */
static int include_file(struct loader *loader, const struct chain *chain,
                        const struct yaml_node *node, struct drafts *drafts)
{
	const char *path =
	    node->kind == YAML_TEXT ? path_beside(loader, chain->path, node->text) : NULL;
	int status;

	if (node->kind != YAML_TEXT)
		return node_error(loader, node, EINVAL, "include: expected a path");
	if (!path)
		return no_memory(loader);
	status = check_chain(loader, chain, node, path, NULL);
	return status < 0 ? status : read_file(loader, chain, path, drafts);
}

/* Adds what one entry of `include` has: a path, or paths that are merged. 0 or a negative errno. */
static int read_include(struct loader *loader, const struct chain *chain,
                        const struct yaml_node *entry, struct drafts *drafts)
{
	const struct yaml_node *paths = entry->kind == YAML_MAP ? yaml_get(entry, "path") : entry;
	struct drafts included = {0};
	int status = 0;

	if (!paths)
		return node_error(loader, entry, EINVAL, "include: expected a path");
	if (paths->kind != YAML_LIST)
		status = include_file(loader, chain, paths, &included);
	else
		for (const struct yaml_node *item = paths->items; item && status == 0;
		     item = item->next)
			status = include_file(loader, chain, item, &included);
	vec_foreach(draft, &included) {
		if (status == 0 && draft_find(drafts, draft->service.name))
			status = node_error(loader, entry, EINVAL,
			                    "include: a service of this name is there already");
		if (status == 0)
			status = drafts_put(loader, drafts, draft);
		else
			service_draft_done(draft);
	}
	vec_done(&included);
	return status;
}

/* Merges a file, and what it includes, over the drafts. 0 or a negative errno. */
static int read_file(struct loader *loader, const struct chain *up, const char *path,
                     struct drafts *drafts)
{
	const struct chain chain = {up, path, NULL};
	const struct yaml_node *services, *include;
	const size_t before = drafts->n; /* what this file includes comes behind */
	size_t included;
	struct yaml_node *root = NULL;
	int status = load_file(loader, path, &root);

	if (status < 0)
		return status;
	loader->versioned |= yaml_get(root, "version") != NULL;
	include = yaml_get(root, "include");
	if (include && !loader->rules->include)
		return node_error(loader, include->key, EINVAL, "include is not taken");
	for (const struct yaml_node *item = include ? include->items : NULL; item && status == 0;
	     item = item->next)
		status = read_include(loader, &chain, item, drafts);
	included = drafts->n;
	services = yaml_get(root, "services");
	if (services && services->kind != YAML_MAP && !yaml_is_empty(services))
		return node_error(loader, services, EINVAL, "services: expected a mapping");
	for (const struct yaml_node *item = services ? services->items : NULL; item && status == 0;
	     item = item->next) {
		struct service_draft draft = {0};
		const struct service_draft *there = draft_find(drafts, item->key->text);
		size_t at = there ? (size_t)(there - drafts->items) : SIZE_MAX;

		if (at >= before && at < included)
			return node_error(loader, item->key, EINVAL,
			                  "a service of this name is included already");
		status = read_service(loader, &chain, path, item, &draft);
		if (status == 0)
			status = drafts_put(loader, drafts, &draft);
		else
			service_draft_done(&draft);
	}
	return status < 0 ? status : read_networks(loader, root);
}

/* Where a service's ports go that name no address, by its networks. */
static void resolve_default(const struct loader *loader, struct service_draft *draft)
{
	static const char *const fallback = "default";
	const char *const *names = draft->networks.n ? draft->networks.items : &fallback;
	size_t n = draft->networks.n ? draft->networks.n : 1;

	for (size_t i = 0; i < n; i++) {
		struct address address = {0};

		vec_foreach(network, &loader->networks)
			if (strcmp(network->name, names[i]) == 0)
				address = network->address;
		if (i == 0)
			draft->service.default_address = address;
		else if (!address_equal(&draft->service.default_address, &address))
			draft->service.default_unsteady = true;
	}
}

/* Reads the variables: the file's, then the environment's over them. 0 or a negative errno. */
static int read_variables(struct loader *loader, const char *path)
{
	const char *file = loader->options->env_file;
	_cleanup_(bytes_done) struct bytes text = {0};
	int status = 0;

	if (!file) {
		file = path_beside(loader, path, ".env");
		if (!file)
			return no_memory(loader);
		if (!loader->rules->env_file || access(file, F_OK) != 0)
			file = NULL;
	}
	if (file)
		status = file_read(file, COMPOSE_FILE_CAP, &text, loader->ret_error);
	if (status < 0)
		return status;
	if (text.data &&
	    variables_add_file(&loader->variables, (const char *)text.data, loader->arena) < 0)
		return no_memory(loader);
	return variables_add_environment(&loader->variables, loader->options->environment,
	                                 loader->arena) < 0
	           ? no_memory(loader)
	           : 0;
}

/* Moves what the drafts say into a view. 0 or a negative errno. */
static int fill_view(struct loader *loader, struct drafts *drafts, struct compose_view *view)
{
	view->versioned = loader->versioned;
	vec_foreach(draft, drafts) {
		struct compose_service *service = vec_push(&view->services);

		if (!service)
			return no_memory(loader);
		resolve_default(loader, draft);
		*service = draft->service;
		draft->service.ports = (struct compose_ports){0};
	}
	return 0;
}

int compose_load(enum compose_tool tool, const char *const *paths, size_t n,
                 const struct compose_options *options, struct arena *arena,
                 struct compose_view *view, struct error **ret_error)
{
	struct loader loader = {.rules = tool_rules_of(tool),
	                        .options = options,
	                        .arena = arena,
	                        .ret_error = ret_error};
	struct drafts drafts = {0};
	int status = n ? read_variables(&loader, paths[0]) : 0;

	for (size_t i = 0; i < n && status == 0; i++)
		status = read_file(&loader, NULL, paths[i], &drafts);
	if (status == 0)
		status = fill_view(&loader, &drafts, view);
	vec_foreach(draft, &drafts)
		service_draft_done(draft);
	vec_done(&drafts);
	vec_done(&loader.files);
	vec_done(&loader.networks);
	variables_done(&loader.variables);
	return status;
}
