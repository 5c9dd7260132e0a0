/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compositor/render/gles2/gles2.h"

#define MAX_DEVICES 16

/* Words are separated by spaces; one may be the beginning of another. */
static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; at && (at = strstr(at, word)); at += length) {
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length])) {
			return true;
		}
	}
	return false;
}

bool egl_is_software(const char *renderer)
{
	static const char *const names[] = {"llvmpipe", "softpipe", "swrast", "Software Rasterizer",
					    "SwiftShader"};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (!renderer || strstr(renderer, names[i])) {
			return true;
		}
	}
	return false;
}

/* ---- contexts ---- */

static void load_functions(struct egl *egl)
{
	const char *gl = (const char *)glGetString(GL_EXTENSIONS);
	const char *version = (const char *)glGetString(GL_VERSION);
	const char *words = eglQueryString(egl->display, EGL_EXTENSIONS);
	bool is_gles3 = version && strncmp(version, "OpenGL ES 3", 11) == 0;

	egl->has_unpack = is_gles3 || has_word(gl, "GL_EXT_unpack_subimage");
	egl->has_pack = is_gles3 || has_word(gl, "GL_NV_pack_subimage");
	egl->create_image = (PFNEGLCREATEIMAGEKHRPROC)eglGetProcAddress("eglCreateImageKHR");
	egl->destroy_image = (PFNEGLDESTROYIMAGEKHRPROC)eglGetProcAddress("eglDestroyImageKHR");
	egl->image_to_texture = (PFNGLEGLIMAGETARGETTEXTURE2DOESPROC)eglGetProcAddress(
		"glEGLImageTargetTexture2DOES");
	egl->has_dmabuf = has_word(words, "EGL_EXT_image_dma_buf_import") &&
			  has_word(gl, "GL_OES_EGL_image") && egl->create_image &&
			  egl->destroy_image && egl->image_to_texture;
	if (has_word(gl, "GL_EXT_robustness")) {
		egl->reset_status = (PFNGLGETGRAPHICSRESETSTATUSEXTPROC)eglGetProcAddress(
			"glGetGraphicsResetStatusEXT");
	}
}

static EGLContext create_context(EGLDisplay display)
{
	static const EGLint robust[] = {EGL_CONTEXT_CLIENT_VERSION, 2,
					EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_EXT,
					EGL_LOSE_CONTEXT_ON_RESET_EXT, EGL_NONE};
	static const EGLint plain[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
	EGLContext context = EGL_NO_CONTEXT;

	if (has_word(eglQueryString(display, EGL_EXTENSIONS), "EGL_EXT_create_context_robustness")) {
		context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, robust);
	}
	return context == EGL_NO_CONTEXT ?
		       eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, plain) :
		       context;
}

static int make_current(struct egl *egl, bool only_hardware, char *why, size_t why_size)
{
	const char *renderer;

	if (!has_word(eglQueryString(egl->display, EGL_EXTENSIONS), "EGL_KHR_surfaceless_context") ||
	    !has_word(eglQueryString(egl->display, EGL_EXTENSIONS), "EGL_KHR_no_config_context")) {
		snprintf(why, why_size, "EGL wants a surface");
		return -ENODEV;
	}
	egl->context = eglBindAPI(EGL_OPENGL_ES_API) ? create_context(egl->display) :
						       EGL_NO_CONTEXT;
	if (egl->context == EGL_NO_CONTEXT ||
	    !eglMakeCurrent(egl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, egl->context)) {
		snprintf(why, why_size, "no GLES2 context (EGL error 0x%x)",
			 (unsigned)eglGetError());
		return -ENODEV;
	}
	renderer = (const char *)glGetString(GL_RENDERER);
	snprintf(egl->detail, sizeof(egl->detail), "%s", renderer ? renderer : "unknown");
	if (only_hardware && egl_is_software(renderer)) {
		snprintf(why, why_size, "%s draws in software", egl->detail);
		return -ENODEV;
	}
	glGetIntegerv(GL_MAX_RENDERBUFFER_SIZE, &egl->max_size);
	load_functions(egl);
	return 0;
}

/* ---- devices ---- */

struct devices {
	EGLDeviceEXT device[MAX_DEVICES];
	EGLint n;
	PFNEGLQUERYDEVICESTRINGEXTPROC query;
};

static void devices_list(struct devices *devices)
{
	const char *words = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);
	PFNEGLQUERYDEVICESEXTPROC list = NULL;

	devices->n = 0;
	if (has_word(words, "EGL_EXT_platform_device") &&
	    (has_word(words, "EGL_EXT_device_base") ||
	     has_word(words, "EGL_EXT_device_enumeration"))) {
		list = (PFNEGLQUERYDEVICESEXTPROC)eglGetProcAddress("eglQueryDevicesEXT");
	}
	devices->query = (PFNEGLQUERYDEVICESTRINGEXTPROC)eglGetProcAddress(
		"eglQueryDeviceStringEXT");
	if (!list || !devices->query || !list(MAX_DEVICES, devices->device, &devices->n)) {
		devices->n = 0;
	}
}

static bool device_is_software(const struct devices *devices, EGLint i)
{
	return has_word(devices->query(devices->device[i], EGL_EXTENSIONS),
			"EGL_MESA_device_software");
}

static bool device_is_node(const struct devices *devices, EGLint i, const char *render_node)
{
	const char *node = NULL;

	if (!render_node) {
		return true;
	}
	if (has_word(devices->query(devices->device[i], EGL_EXTENSIONS),
		     "EGL_EXT_device_drm_render_node")) {
		node = devices->query(devices->device[i], EGL_DRM_RENDER_NODE_FILE_EXT);
	}
	return node && strcmp(node, render_node) == 0;
}

static int device_open(struct egl *egl, EGLDeviceEXT device, bool only_hardware, char *why,
		       size_t why_size)
{
	PFNEGLGETPLATFORMDISPLAYEXTPROC get = (PFNEGLGETPLATFORMDISPLAYEXTPROC)eglGetProcAddress(
		"eglGetPlatformDisplayEXT");
	int ret = -ENODEV;

	*egl = (struct egl){0};
	egl->display = get ? get(EGL_PLATFORM_DEVICE_EXT, device, NULL) : EGL_NO_DISPLAY;
	if (egl->display != EGL_NO_DISPLAY && eglInitialize(egl->display, NULL, NULL)) {
		ret = make_current(egl, only_hardware, why, why_size);
	} else {
		snprintf(why, why_size, "no driver (EGL error 0x%x)", (unsigned)eglGetError());
	}
	if (ret < 0) {
		egl_close(egl);
	}
	return ret;
}

/* Software devices are known before their drivers are loaded: those are large. */
static int open_some(struct egl *egl, const struct devices *devices, const char *render_node,
		     bool software, char *why, size_t why_size)
{
	for (EGLint i = 0; i < devices->n; i++) {
		if (device_is_software(devices, i) == software &&
		    device_is_node(devices, i, render_node) &&
		    device_open(egl, devices->device[i], !software, why, why_size) == 0) {
			return 0;
		}
	}
	return -ENODEV;
}

int egl_open(struct egl *egl, const char *render_node, bool only_hardware, char *why,
	     size_t why_size)
{
	struct devices devices;

	snprintf(why, why_size, "EGL has no %sdevice%s%s", only_hardware ? "hardware " : "",
		 render_node ? " " : "", render_node ? render_node : "");
	devices_list(&devices);
	if (open_some(egl, &devices, render_node, false, why, why_size) == 0) {
		return 0;
	}
	return only_hardware ? -ENODEV : open_some(egl, &devices, render_node, true, why, why_size);
}

void egl_close(struct egl *egl)
{
	if (egl->display == EGL_NO_DISPLAY) {
		return;
	}
	eglMakeCurrent(egl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
	if (egl->context != EGL_NO_CONTEXT) {
		eglDestroyContext(egl->display, egl->context);
	}
	/* The display is the process', not ours: whoever opens the device again gets the same one. */
	*egl = (struct egl){0};
}

bool egl_is_lost(const struct egl *egl)
{
	return eglGetCurrentContext() != egl->context || glGetError() != GL_NO_ERROR ||
	       (egl->reset_status && egl->reset_status() != GL_NO_ERROR);
}

EGLImageKHR egl_import(const struct egl *egl, const struct buffer_dmabuf *dmabuf, int width,
		       int height, uint32_t fourcc)
{
	const EGLint attributes[] = {EGL_WIDTH,
				     width,
				     EGL_HEIGHT,
				     height,
				     EGL_LINUX_DRM_FOURCC_EXT,
				     (EGLint)fourcc,
				     EGL_DMA_BUF_PLANE0_FD_EXT,
				     dmabuf->fd,
				     EGL_DMA_BUF_PLANE0_OFFSET_EXT,
				     (EGLint)dmabuf->offset,
				     EGL_DMA_BUF_PLANE0_PITCH_EXT,
				     (EGLint)dmabuf->stride,
				     EGL_NONE};

	/* Other layouts than linear would need one more extension; nobody here makes any. */
	if (!egl->has_dmabuf || dmabuf->modifier) {
		return EGL_NO_IMAGE_KHR;
	}
	return egl->create_image(egl->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL,
				 attributes);
}
