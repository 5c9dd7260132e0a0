/* SPDX-License-Identifier: MIT */
/*
 * Sees what a guest draws into its front buffer without telling: bands of rows are hashed and
 * compared with the pass before. A band is always hashed before it is drawn again, so what changes
 * in between is seen by the next pass. The key keeps a guest from making changes that hash alike;
 * one that could would only freeze its own picture.
 */
#include <string.h>

#include "base/format.h"
#include "compositor/scene/scene_priv.h"

#define QUIET_NS (100 * NSEC_PER_MSEC)     /* without a commit: looked at from then on */
#define SLOW_MAX_NS NSEC_PER_SEC           /* flips that are rarer have no rhythm to wait for */
#define INTERVAL_MAX_NS (NSEC_PER_SEC / 4) /* nothing changes: 4 Hz */
#define SLICE_BYTES (2u << 20)             /* compared in one call */
#define CARD_PERIODS 2                     /* without a picture before the card comes */
#define PATIENT_PASSES 4                   /* in a row without a change before the pauses grow */
#define BUSY_PASSES 4   /* in a row that found most of it changed: comparing is given up */
#define BLIND_PASSES 16 /* without comparing; twice as many each time that it still does not pay */
#define BLIND_PASSES_MAX 128
#define NEVER UINT64_MAX

void sampler_reset(struct sampler *sampler)
{
	sampler->has_baseline = false;
	sampler->band = 0;
	sampler->n_changed = 0;
	sampler->quiet = 0;
	sampler->busy = 0;
	sampler->blind = 0;
	sampler->blind_span = 0;
	sampler->interval_ns = 0;
	sampler->next_ns = 0;
}

/*
 * ---- the hash: four independent lanes of multiply and fold, so that it runs at the speed of
 * memory ----
 */

struct lanes {
	uint64_t lane[4];
};

static uint64_t fold(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static void hash_words(struct lanes *lanes, const uint64_t key[2], const uint8_t *bytes)
{
	uint64_t word[8];

	memcpy(word, bytes, sizeof(word));
	for (unsigned i = 0; i < 4; i++) {
		/* Never zero times something: the key's odd bit and the lane's state go in. */
		lanes->lane[i] = fold(word[2 * i] ^ key[0] ^ lanes->lane[i],
				      word[2 * i + 1] ^ (key[1] | 1)) +
				 lanes->lane[i] * 0x9e3779b97f4a7c15ull;
	}
}

static void hash_row(struct lanes *lanes, const uint64_t key[2], const uint8_t *row, size_t size)
{
	uint8_t tail[64] = {0};
	size_t i;

	for (i = 0; i + sizeof(tail) <= size; i += sizeof(tail)) {
		hash_words(lanes, key, row + i);
	}
	if (i < size) {
		memcpy(tail, row + i, size - i);
		hash_words(lanes, key, tail);
	}
}

static uint64_t hash_band(const struct picture *picture, const uint64_t key[2], int from, int rows,
			  size_t row_bytes, size_t pixel_bytes)
{
	const struct buffer *buffer = picture->buffer;
	struct lanes lanes = {{1, 2, 3, 4}};
	uint64_t hash = key[1];

	for (int y = from; y < from + rows; y++) {
		hash_row(&lanes, key,
			 buffer->pixels + (size_t)(picture->src.y + y) * (size_t)buffer->stride +
				 (size_t)picture->src.x * pixel_bytes,
			 row_bytes);
	}
	for (unsigned i = 0; i < 4; i++) {
		hash = fold(hash ^ lanes.lane[i], key[0] | 1) + i;
	}
	return hash;
}

/* ---- a pass over the bands of one head, in slices ---- */

static int band_rows(const struct picture *picture)
{
	int needed = (picture->src.h + SAMPLE_BANDS - 1) / SAMPLE_BANDS;

	return MAX(needed, SAMPLE_BAND_ROWS);
}

static void band_damage(struct scene_head *head, const struct rect *src, int from, int rows)
{
	pixman_region32_t region;

	pixman_region32_init_rect(&region, src->x, src->y + from, (unsigned)src->w, (unsigned)rows);
	damage_add_picture(head, &region);
	pixman_region32_fini(&region);
}

/* Returns true when the pass is complete. */
static bool pass_continue(struct scene_head *head, const uint64_t key[2], uint64_t now_ns)
{
	struct sampler *sampler = &head->state->sampler;
	const struct picture *picture = head_picture(head);
	const struct pixel_format *format = pixel_format_find(picture->buffer->format);
	size_t pixel_bytes = format ? format->bytes_per_pixel : 0;
	size_t row_bytes = (size_t)picture->src.w * pixel_bytes, compared = 0;
	int rows = band_rows(picture), height = picture->src.h;

	for (; (int)sampler->band * rows < height && compared < SLICE_BYTES; sampler->band++) {
		int from = (int)sampler->band * rows, n = MIN(rows, height - from);
		uint64_t hash = hash_band(picture, key, from, n, row_bytes, pixel_bytes);

		compared += row_bytes * (size_t)n;
		/*
		 * What was drawn before the first pass began is unknown: without a baseline, all
		 * has changed.
		 */
		if (!sampler->has_baseline || hash != sampler->hashes[sampler->band]) {
			if (sampler->has_baseline) {
				sampler->n_changed++;
				head_changed(head, now_ns);
			}
			band_damage(head, &picture->src, from, n);
		}
		sampler->hashes[sampler->band] = hash;
	}
	head->output->bytes_compared += compared;
	return (int)sampler->band * rows >= height;
}

/* ---- when to look, and whether to compare ---- */

/* The host wants to know when its picture stands still. */
static bool is_watched(const struct scene_head *head)
{
	return guest_priv(head->guest)->frozen_ns != 0;
}

/* A picture that is watched is looked at several times before it counts as frozen. */
static uint64_t longest_interval(const struct scene_head *head)
{
	uint64_t frozen_ns = guest_priv(head->guest)->frozen_ns;

	return frozen_ns ? MIN(frozen_ns / 4, INTERVAL_MAX_NS) : INTERVAL_MAX_NS;
}

static uint64_t period_of(const struct scene_output *output)
{
	return output->refresh_mhz > 0 ? 1000 * NSEC_PER_SEC / (uint64_t)output->refresh_mhz :
					 NSEC_PER_SEC / 60;
}

/*
 * Comparing reads everything once, drawing reads and writes what has changed: with more than half of
 * it changed, drawing all of it unseen is cheaper. Whether that is still so is tried again and again.
 * Not for a picture that is watched: unseen, it would never be found frozen.
 */
static void blind_decide(struct sampler *sampler, bool is_watched)
{
	if (!sampler->has_baseline || is_watched) {
		return;
	}
	if (sampler->n_changed * 2 <= sampler->band) {
		sampler->busy = 0;
		sampler->blind_span = 0;
		return;
	}
	if (sampler->blind_span == 0 && ++sampler->busy < BUSY_PASSES) {
		return;
	}
	sampler->blind_span = MIN(MAX(sampler->blind_span * 2, BLIND_PASSES), BLIND_PASSES_MAX);
	sampler->blind = sampler->blind_span;
}

/*
 * While it changes: one look before each vblank, early enough for the frame that it asks for, late
 * enough that what it finds is young.
 */
static uint64_t next_look(const struct scene_output *output, uint64_t now_ns)
{
	uint64_t period_ns = period_of(output), flip_ns = output->state->flip_ns;
	uint64_t from_ns = now_ns + period_ns / 2, phase_ns;

	if (flip_ns == 0 || from_ns < flip_ns) {
		return now_ns + period_ns;
	}
	phase_ns = (from_ns - flip_ns + period_ns / 3) % period_ns;
	return from_ns + (period_ns - phase_ns) % period_ns;
}

/* The pause grows while nothing changes. At its longest all heads keep step: one wake-up for all. */
static void schedule_next(struct scene_head *head, bool changed, uint64_t now_ns)
{
	struct sampler *sampler = &head->state->sampler;
	uint64_t longest_ns = longest_interval(head);

	sampler->quiet = changed ? 0 : sampler->quiet + 1;
	if (sampler->quiet < PATIENT_PASSES) {
		sampler->interval_ns = period_of(head->output);
		sampler->next_ns = next_look(head->output, now_ns);
		return;
	}
	sampler->interval_ns = MIN(sampler->interval_ns * 2, longest_ns);
	sampler->next_ns = sampler->interval_ns < longest_ns ?
				   now_ns + sampler->interval_ns :
				   (now_ns / longest_ns + 1) * longest_ns;
}

static void pass_end(struct scene_head *head, uint64_t now_ns)
{
	struct sampler *sampler = &head->state->sampler;
	struct scene_output *output = head->output;

	output->samples++;
	if (sampler->n_changed || !sampler->has_baseline) {
		output->sample_changed = output->samples;
	}
	blind_decide(sampler, is_watched(head));
	schedule_next(head, sampler->n_changed > 0, now_ns);
	sampler->has_baseline = true;
	sampler->n_changed = 0;
	sampler->band = 0;
}

/* A pass that does not look: all of it is taken for changed. The last one leaves no baseline. */
static void pass_blind(struct scene_head *head, uint64_t now_ns)
{
	struct sampler *sampler = &head->state->sampler;
	struct scene_output *output = head->output;

	damage_add_picture(head, NULL);
	head_changed(head, now_ns);
	output->samples_blind++;
	output->sample_changed = ++output->samples;
	sampler->blind--;
	sampler->has_baseline = false;
	schedule_next(head, true, now_ns);
}

/* ---- what is due ---- */

static uint64_t card_step(struct scene_head *head, uint64_t now_ns)
{
	struct head_state *state = head->state;
	uint64_t due = state->presented_ns + CARD_PERIODS * period_of(head->output);

	if (state->has_card || state->has_pending || !state->presented_ns) {
		return NEVER;
	}
	if (now_ns < due) {
		return due;
	}
	state->has_card = true;
	damage_add_picture(head, NULL);
	return NEVER;
}

/* Planes read what the guest draws by themselves: there is nothing to be seen late. */
static bool is_scanned_out(const struct scene_head *head)
{
	struct scene_view *view;

	list_for_each(view, &head->state->views, link) {
		const struct rect *dst = &view->dst;
		pixman_box32_t box = {dst->x, dst->y, dst->x + dst->w, dst->y + dst->h};

		if (pixman_region32_contains_rectangle(&view->output->state->planes, &box) !=
		    PIXMAN_REGION_IN) {
			return false;
		}
	}
	return true;
}

/*
 * A guest that flips less than ten times a second is not taken for one that draws without flipping as
 * long as it keeps its rhythm: to look in between would draw each picture twice.
 */
static uint64_t first_look(const struct scene_head *head)
{
	uint64_t rhythm_ns = head->state->flip_interval_ns;
	bool is_slow = rhythm_ns > QUIET_NS / 2 && rhythm_ns <= SLOW_MAX_NS && !is_watched(head);

	return head->state->presented_ns + MAX(QUIET_NS, is_slow ? rhythm_ns + rhythm_ns / 2 : 0);
}

static uint64_t head_step(struct scene_head *head, uint64_t now_ns)
{
	struct head_state *state = head->state;
	struct sampler *sampler = &state->sampler;
	uint64_t due;

	if (!head_picture(head)) {
		return card_step(head, now_ns);
	}
	if (state->stage != COMMIT_SHOWN || state->has_pending || rect_empty(&head->dst)) {
		return NEVER; /* its flip comes first, and brings the caller back */
	}
	if (!is_watched(head) && is_scanned_out(head)) {
		return NEVER; /* so does the frame that it is drawn in again */
	}
	due = MAX(sampler->next_ns, first_look(head));
	if (now_ns < due) {
		return due;
	}
	if (sampler->blind > 0) {
		pass_blind(head, now_ns);
	} else if (pass_continue(head, head->guest->scene->key, now_ns)) {
		pass_end(head, now_ns);
	} else {
		return now_ns;
	}
	return sampler->next_ns;
}

/* The host's card covers it. The flip that shows it again brings the caller back. */
static bool is_covered(const struct scene_head *head)
{
	const struct scene_view *view;

	if (!scene_is_covered(head->guest->scene)) {
		return false;
	}
	list_for_each(view, &head->state->views, link) {
		if (!view_is_covered(view)) {
			return false;
		}
	}
	return true;
}

uint64_t scene_sample(struct scene *scene, uint64_t now_ns)
{
	struct head_state *state;
	uint64_t next = NEVER;

	list_for_each(state, &scene->visible, visible) {
		struct scene_head *head = state->head;
		uint64_t due;

		if (is_covered(head)) {
			/* What it does below is not seen, and no reason for an alarm. */
			state->changed_ns = 0;
			continue;
		}
		due = head_step(head, now_ns);
		next = MIN(next, due);
		due = head_watch(head, now_ns);
		next = MIN(next, due);
	}
	return next;
}
