/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include <drm_fourcc.h>

#include "compositor/render/cull.h"
#include "compositor/render/gles2/gles2.h"

#define PACK_ROW_LENGTH 0x0d02 /* of GLES 3 and of GL_NV_pack_subimage */

void targets_init(struct targets *targets, const struct egl *egl)
{
	*targets = (struct targets){.egl = egl};
}

static void image_drop(struct targets *targets, struct target_image *image)
{
	if (image->image != EGL_NO_IMAGE_KHR) {
		glDeleteFramebuffers(1, &image->framebuffer);
		glDeleteTextures(1, &image->texture);
		targets->egl->destroy_image(targets->egl->display, image->image);
	}
	*image = (struct target_image){0};
}

void targets_finish(struct targets *targets)
{
	for (unsigned i = 0; i < TARGET_IMAGES; i++) {
		image_drop(targets, &targets->image[i]);
	}
	glDeleteFramebuffers(1, &targets->framebuffer);
	glDeleteRenderbuffers(1, &targets->renderbuffer);
}

static int check_complete(void)
{
	return glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE ? 0 : -EIO;
}

/* ---- drawn beside it, then read back ---- */

static int begin_copy(struct targets *targets, const struct target *target)
{
	if (!targets->framebuffer) {
		glGenFramebuffers(1, &targets->framebuffer);
		glGenRenderbuffers(1, &targets->renderbuffer);
	}
	glBindFramebuffer(GL_FRAMEBUFFER, targets->framebuffer);
	if (target->width <= targets->width && target->height <= targets->height) {
		return 0;
	}
	targets->width = MAX(targets->width, target->width);
	targets->height = MAX(targets->height, target->height);
	glBindRenderbuffer(GL_RENDERBUFFER, targets->renderbuffer);
	glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8_OES, targets->width, targets->height);
	glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER,
				  targets->renderbuffer);
	return check_complete();
}

static void read_rows(const struct target *target, const struct rect *box, bool has_pack)
{
	uint8_t *to = target->pixels + (size_t)box->y * (size_t)target->stride + (size_t)box->x * 4;

	if (has_pack || box->w * 4 == target->stride) {
		glReadPixels(box->x, box->y, box->w, box->h, GL_RGBA, GL_UNSIGNED_BYTE, to);
		return;
	}
	for (int y = 0; y < box->h; y++, to += target->stride) {
		glReadPixels(box->x, box->y + y, box->w, 1, GL_RGBA, GL_UNSIGNED_BYTE, to);
	}
}

static void read_back(struct targets *targets, const struct target *target,
		      const pixman_region32_t *damage)
{
	bool has_pack = targets->egl->has_pack && target->stride % 4 == 0;
	const struct rect panel = {0, 0, target->width, target->height};
	pixman_box32_t all = box_of(&panel);
	int n;
	const pixman_box32_t *boxes =
		pixman_region32_rectangles((pixman_region32_t *)(uintptr_t)damage, &n);

	glPixelStorei(GL_PACK_ALIGNMENT, 4);
	if (has_pack) {
		glPixelStorei(PACK_ROW_LENGTH, target->stride / 4);
	}
	for (int i = 0; i < n; i++) {
		struct rect upright = {boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
				       boxes[i].y2 - boxes[i].y1};
		struct rect turned = transform_rect(target->transform, target->width,
						    target->height, &upright);
		pixman_box32_t box = box_of(&turned);

		if (box_intersect(&box, &box, &all)) {
			turned = (struct rect){box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1};
			read_rows(target, &turned, has_pack);
		}
	}
	if (has_pack) {
		glPixelStorei(PACK_ROW_LENGTH, 0);
	}
}

/* ---- drawn into its own memory ---- */

static void image_attach(struct targets *targets, struct target_image *image)
{
	glGenTextures(1, &image->texture);
	glBindTexture(GL_TEXTURE_2D, image->texture);
	targets->egl->image_to_texture(GL_TEXTURE_2D, image->image);
	glGenFramebuffers(1, &image->framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, image->framebuffer);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, image->texture,
			       0);
}

/* One that GL can't draw into is remembered as such: without an image. */
static void image_make(struct targets *targets, struct target_image *image,
		       const struct target *target)
{
	image_drop(targets, image);
	image->image = egl_import(targets->egl, target->dmabuf, target->width, target->height,
				  DRM_FORMAT_XRGB8888);
	if (image->image != EGL_NO_IMAGE_KHR) {
		image_attach(targets, image);
		if (check_complete() < 0 || glGetError() != GL_NO_ERROR) {
			image_drop(targets, image);
		}
	}
	image->id = target->dmabuf_id;
}

static struct target_image *image_of(struct targets *targets, const struct target *target)
{
	struct target_image *oldest = &targets->image[0];

	for (unsigned i = 0; i < TARGET_IMAGES; i++) {
		struct target_image *image = &targets->image[i];

		if (image->id == target->dmabuf_id) {
			image->used = ++targets->uses;
			return image;
		}
		oldest = image->used < oldest->used ? image : oldest;
	}
	image_make(targets, oldest, target);
	oldest->used = ++targets->uses;
	return oldest;
}

/* ---- either way ---- */

int target_begin(struct targets *targets, const struct target *target, bool only_direct,
		 bool *is_direct)
{
	GLint limit = targets->egl->max_size;
	int ret = 0;

	*is_direct = false;
	if (target->width > limit || target->height > limit) {
		return -E2BIG;
	}
	if (target->dmabuf && targets->egl->has_dmabuf) {
		const struct target_image *image = image_of(targets, target);

		*is_direct = image->image != EGL_NO_IMAGE_KHR;
		glBindFramebuffer(GL_FRAMEBUFFER, image->framebuffer);
	}
	if (!*is_direct) {
		ret = only_direct ? -EOPNOTSUPP : begin_copy(targets, target);
	}
	glViewport(0, 0, target->width, target->height);
	return ret;
}

void target_end(struct targets *targets, const struct target *target,
		const pixman_region32_t *damage, bool is_direct)
{
	if (is_direct) {
		/* The kernel has the commit wait for it. */
		glFlush();
	} else {
		read_back(targets, target, damage);
	}
}
