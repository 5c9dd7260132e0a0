/* SPDX-License-Identifier: MIT */
#include "pvdispl/worker/state.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/log.h"

/* ---- stores ---- */

static void set_flag(uint32_t *flag, uint32_t value)
{
	__atomic_store_n(flag, value, __ATOMIC_SEQ_CST);
}

/*
 * Both entries begin with their flag; entry says valid, and shared does not. The compiler may not move a store past the
 * flag, and a process that is killed has done its stores in their order.
 */
static void publish(void *shared, const void *entry, size_t size)
{
	memcpy((char *)shared + sizeof(uint32_t), (const char *)entry + sizeof(uint32_t),
	       size - sizeof(uint32_t));
	set_flag(shared, 1);
}

/* ---- blocks ---- */

static uint32_t blocks_of(uint32_t pages)
{
	return (pages + STATE_BLOCK_REFS - 1) / STATE_BLOCK_REFS;
}

static uint32_t block_refs(uint32_t pages, uint32_t k)
{
	return MIN(pages - k * STATE_BLOCK_REFS, STATE_BLOCK_REFS);
}

static void free_blocks(struct state *state, const struct state_dbuf *dbuf)
{
	uint32_t block = dbuf->first;

	for (uint32_t k = 0; k < blocks_of(dbuf->pages); k++) {
		state->is_used[block] = false;
		block = state->next[block];
	}
}

static uint32_t count_free(const struct state *state)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < STATE_BLOCKS; i++) {
		n += !state->is_used[i];
	}
	return n;
}

static uint32_t find_free(const struct state *state, uint32_t from)
{
	while (from < STATE_BLOCKS && state->is_used[from]) {
		from++;
	}
	return from;
}

/* There are enough. Returns the first one. */
static uint32_t write_blocks(struct state *state, const uint32_t *refs, uint32_t pages)
{
	uint32_t first = find_free(state, 0);
	uint32_t block = first;

	for (uint32_t k = 0; k < blocks_of(pages); k++) {
		uint32_t next = find_free(state, block + 1);

		state->is_used[block] = true;
		state->next[block] = (uint16_t)next;
		if (state->file) {
			struct state_block *shared = &state->file->blocks[block];

			shared->next = next;
			memcpy(shared->refs, refs + k * STATE_BLOCK_REFS,
			       block_refs(pages, k) * sizeof(*refs));
		}
		block = next;
	}
	return first;
}

void state_read_refs(const struct state *state, int dbuf, uint32_t *untrusted_out)
{
	const struct state_dbuf *entry = &state->entries.dbufs[dbuf];
	uint32_t block = entry->first;

	for (uint32_t k = 0; k < blocks_of(entry->pages); k++) {
		memcpy(untrusted_out + k * STATE_BLOCK_REFS, state->file->blocks[block].refs,
		       block_refs(entry->pages, k) * sizeof(*untrusted_out));
		block = state->next[block];
	}
}

/* ---- entries ---- */

void state_remove_fb(struct state *state, int index)
{
	if (index < 0) {
		return;
	}
	state->entries.fbs[index].valid = 0;
	if (state->file) {
		set_flag(&state->file->entries.fbs[index].valid, 0);
	}
}

void state_remove_dbuf(struct state *state, int index)
{
	if (index < 0) {
		return;
	}
	state->entries.dbufs[index].valid = 0;
	if (state->file) {
		set_flag(&state->file->entries.dbufs[index].valid, 0);
	}
	free_blocks(state, &state->entries.dbufs[index]);
}

static void remove_buffers(struct state *state, uint32_t display)
{
	struct state_entries *entries = &state->entries;

	for (unsigned i = 0; i < PV_MAX_FRAMEBUFFERS; i++) {
		if (entries->fbs[i].valid &&
		    entries->dbufs[entries->fbs[i].dbuf].display == display) {
			state_remove_fb(state, (int)i);
		}
	}
	for (unsigned i = 0; i < PV_MAX_BUFFERS; i++) {
		if (entries->dbufs[i].valid && entries->dbufs[i].display == display) {
			state_remove_dbuf(state, (int)i);
		}
	}
}

void state_remove_display(struct state *state, int display)
{
	state->entries.displays[display].valid = 0;
	state->is_taken[display] = false;
	if (state->file) {
		set_flag(&state->file->entries.displays[display].valid, 0);
	}
	remove_buffers(state, (uint32_t)display);
}

/* Displays of a worker before us that nobody has asked for. */
static void drop_left(struct state *state)
{
	for (int i = 0; i < (int)PV_MAX_DISPLAYS; i++) {
		if (state->entries.displays[i].valid && !state->is_taken[i]) {
			state_remove_display(state, i);
		}
	}
}

static int find_display(const struct state *state, uint32_t devid)
{
	for (int i = 0; i < (int)PV_MAX_DISPLAYS; i++) {
		if (state->entries.displays[i].valid && !state->is_taken[i] &&
		    state->entries.displays[i].devid == devid) {
			return i;
		}
	}
	return -ENOENT;
}

static int free_display(const struct state *state)
{
	for (int i = 0; i < (int)PV_MAX_DISPLAYS; i++) {
		if (!state->entries.displays[i].valid) {
			return i;
		}
	}
	return -ENOSPC;
}

static int free_dbuf(const struct state *state, uint32_t pages)
{
	for (int i = 0; i < (int)PV_MAX_BUFFERS && count_free(state) >= blocks_of(pages); i++) {
		if (!state->entries.dbufs[i].valid) {
			return i;
		}
	}
	return -ENOSPC;
}

static int free_fb(const struct state *state)
{
	for (int i = 0; i < (int)PV_MAX_FRAMEBUFFERS; i++) {
		if (!state->entries.fbs[i].valid) {
			return i;
		}
	}
	return -ENOSPC;
}

int state_add_display(struct state *state, uint32_t devid)
{
	int i = find_display(state, devid);

	if (i >= 0) {
		state_remove_display(state, i);
	}
	i = free_display(state);
	if (i < 0) {
		drop_left(state);
		i = free_display(state);
	}
	if (i < 0) {
		return i;
	}
	state->is_taken[i] = true;
	state->entries.displays[i] = (struct state_display){.valid = 1, .devid = devid};
	if (state->file) {
		publish(&state->file->entries.displays[i], &state->entries.displays[i],
			sizeof(state->entries.displays[i]));
	}
	return i;
}

int state_take_display(struct state *state, uint32_t devid)
{
	int i = find_display(state, devid);

	if (i >= 0) {
		state->is_taken[i] = true;
	}
	return i;
}

int state_add_dbuf(struct state *state, int display, uint64_t cookie,
		   const struct geometry_dbuf *geometry, const uint32_t *refs, bool is_allocated)
{
	int i = free_dbuf(state, geometry->pages);

	if (i < 0) {
		drop_left(state);
		i = free_dbuf(state, geometry->pages);
	}
	if (i < 0) {
		return i;
	}
	state->entries.dbufs[i] = (struct state_dbuf){
		.valid = 1,
		.display = (uint32_t)display,
		.cookie = cookie,
		.pages = geometry->pages,
		.offset = geometry->offset,
		.width = geometry->width,
		.bpp = geometry->bpp,
		.first = write_blocks(state, refs, geometry->pages),
		.is_allocated = is_allocated,
	};
	if (state->file) {
		publish(&state->file->entries.dbufs[i], &state->entries.dbufs[i],
			sizeof(state->entries.dbufs[i]));
	}
	return i;
}

int state_add_fb(struct state *state, int dbuf, uint64_t cookie, uint32_t width, uint32_t height,
		 uint32_t fourcc)
{
	int i = free_fb(state);

	if (i < 0) {
		drop_left(state);
		i = free_fb(state);
	}
	if (i < 0) {
		return i;
	}
	state->entries.fbs[i] = (struct state_fb){
		.valid = 1,
		.dbuf = (uint32_t)dbuf,
		.cookie = cookie,
		.width = width,
		.height = height,
		.fourcc = fourcc,
	};
	if (state->file) {
		publish(&state->file->entries.fbs[i], &state->entries.fbs[i],
			sizeof(state->entries.fbs[i]));
	}
	return i;
}

void state_set_config(struct state *state, int display, unsigned connector,
		      const struct state_config *config)
{
	struct state_connector *entry = &state->entries.displays[display].connectors[connector];
	struct state_connector *shared =
		state->file ? &state->file->entries.displays[display].connectors[connector] : NULL;

	entry->which = entry->which == 1 ? 2 : 1;
	entry->configs[entry->which - 1] = *config;
	if (shared) {
		shared->configs[entry->which - 1] = *config;
		set_flag(&shared->which, entry->which);
	}
}

void state_set_answer(struct state *state, int display, unsigned connector, uint32_t answered,
		      const struct displif_response *answer)
{
	struct state_connector *shared;

	if (!state->file) {
		return;
	}
	shared = &state->file->entries.displays[display].connectors[connector];
	/* The one before was published: this may go over it. */
	shared->answer = *answer;
	set_flag(&shared->answered, answered);
}

const struct displif_response *state_answer(const struct state *state, int display,
					    unsigned connector, uint32_t answered)
{
	const struct state_connector *entry =
		&state->entries.displays[display].connectors[connector];

	return entry->answered == answered ? &entry->answer : NULL;
}

bool state_config(const struct state *state, int display, unsigned connector,
		  struct state_config *untrusted_out)
{
	const struct state_connector *entry =
		&state->entries.displays[display].connectors[connector];

	if (entry->which == 0) {
		return false;
	}
	*untrusted_out = entry->configs[entry->which - 1];
	return true;
}

/* ---- what another worker left ---- */

/* The file's entries are read once, whole; from here on they are private. */
static void copy_entries(struct state *state)
{
	const volatile uint32_t *from = (const volatile uint32_t *)&state->file->entries;
	uint32_t *to = (uint32_t *)(void *)&state->entries;

	for (size_t i = 0; i < sizeof(state->entries) / sizeof(*to); i++) {
		to[i] = from[i];
	}
}

static bool display_is_sane(const struct state *state, uint32_t index)
{
	const struct state_display *display = &state->entries.displays[index];

	for (unsigned k = 0; k < PV_MAX_CONNECTORS; k++) {
		if (display->connectors[k].which > 2) {
			return false;
		}
	}
	for (uint32_t i = 0; i < index; i++) {
		if (state->entries.displays[i].valid &&
		    state->entries.displays[i].devid == display->devid) {
			return false;
		}
	}
	return true;
}

/* Takes the blocks of a buffer. False when that is no chain of blocks that are nobody else's; then none is taken. */
static bool claim_blocks(struct state *state, const struct state_dbuf *dbuf)
{
	uint32_t n = blocks_of(dbuf->pages), k, block = dbuf->first;

	for (k = 0; k < n && block < STATE_BLOCKS && !state->is_used[block]; k++) {
		uint32_t untrusted_next = __atomic_load_n(&state->file->blocks[block].next,
							  __ATOMIC_RELAXED);

		state->is_used[block] = true;
		state->next[block] = (uint16_t)MIN(untrusted_next, STATE_BLOCKS);
		block = state->next[block];
	}
	if (k == n) {
		return true;
	}
	block = dbuf->first;
	while (k-- > 0) {
		state->is_used[block] = false;
		block = state->next[block];
	}
	return false;
}

static void check_dbuf(struct state *state, bool *is_bad, unsigned index)
{
	struct state_dbuf *dbuf = &state->entries.dbufs[index];
	bool is_orphan = dbuf->display >= PV_MAX_DISPLAYS ||
			 !state->entries.displays[dbuf->display].valid;

	if (!dbuf->valid) {
		return;
	}
	if (!is_orphan && dbuf->pages >= 1 && dbuf->pages <= PV_MAX_PAGES &&
	    claim_blocks(state, dbuf)) {
		return;
	}
	if (!is_orphan) {
		is_bad[dbuf->display] = true;
	}
	dbuf->valid = 0;
	set_flag(&state->file->entries.dbufs[index].valid, 0);
}

/* A framebuffer without its buffer is what a worker leaves that was killed in the middle of closing a display. */
static void check_fb(struct state *state, unsigned index)
{
	struct state_fb *fb = &state->entries.fbs[index];

	if (fb->valid && (fb->dbuf >= PV_MAX_BUFFERS || !state->entries.dbufs[fb->dbuf].valid)) {
		state_remove_fb(state, (int)index);
	}
}

static void load(struct state *state)
{
	bool is_bad[PV_MAX_DISPLAYS] = {false};

	copy_entries(state);
	for (unsigned i = 0; i < PV_MAX_DISPLAYS; i++) {
		is_bad[i] = state->entries.displays[i].valid && !display_is_sane(state, i);
	}
	for (unsigned i = 0; i < PV_MAX_BUFFERS; i++) {
		check_dbuf(state, is_bad, i);
	}
	for (unsigned i = 0; i < PV_MAX_FRAMEBUFFERS; i++) {
		check_fb(state, i);
	}
	for (unsigned i = 0; i < PV_MAX_DISPLAYS; i++) {
		if (is_bad[i]) {
			log_warn(LOG_US,
				 "what was left of display %u makes no sense: it starts over",
				 state->entries.displays[i].devid);
			state_remove_display(state, (int)i);
		}
	}
}

static void begin(struct state_file *file)
{
	__atomic_store_n(&file->magic, 0, __ATOMIC_SEQ_CST);
	memset(&file->entries, 0, sizeof(file->entries));
	file->version = STATE_VERSION;
	__atomic_store_n(&file->magic, STATE_MAGIC, __ATOMIC_SEQ_CST);
}

static void *map_file(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < (off_t)sizeof(struct state_file)) {
		return MAP_FAILED;
	}
	return mmap(NULL, sizeof(struct state_file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

int state_open(struct state *state, int fd)
{
	void *addr = map_file(fd);

	memset(state, 0, sizeof(*state));
	if (addr == MAP_FAILED) {
		log_warn(LOG_US,
			 "no file for the guest's state: its displays start over after this worker");
		addr = mmap(NULL, sizeof(struct state_file), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	close_fd(&fd);
	if (addr == MAP_FAILED) {
		return -ENOMEM;
	}
	state->file = addr;
	if (state->file->magic != STATE_MAGIC || state->file->version != STATE_VERSION) {
		begin(state->file);
	}
	load(state);
	return 0;
}

void state_close(struct state *state)
{
	if (state->file) {
		munmap(state->file, sizeof(*state->file));
	}
	state->file = NULL;
}
