/* SPDX-License-Identifier: MIT */
/*
 * Shaders. All know where they are in the upright picture, in pixels. Between pixels they calculate themselves: what
 * samplers do has too few bits to be equal to the CPU renderer.
 */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "compositor/render/gles2/gles2.h"

#define VERTEX                                                                \
	"attribute vec2 vertex;\n"                                            \
	"uniform mat3 to_panel;\n"                                            \
	"varying vec2 at;\n"                                                  \
	"void main() {\n"                                                     \
	"	at = vertex;\n"                                                     \
	"	gl_Position = vec4((to_panel * vec3(vertex, 1.0)).xy, 0.0, 1.0);\n" \
	"}\n"

#define HEAD                                                                     \
	"#ifdef GL_FRAGMENT_PRECISION_HIGH\n"                                    \
	"precision highp float;\n"                                               \
	"#else\n"                                                                \
	"precision mediump float;\n"                                             \
	"#endif\n"                                                               \
	"varying vec2 at;\n"                                                     \
	"uniform sampler2D image;\n"                                             \
	"uniform vec4 colour, src, dst;\n"                                       \
	"uniform vec2 ratio, size;\n"                                            \
	"uniform float swap, alpha;\n"                                           \
	"vec4 texel(vec2 index) {\n"                                             \
	"	return texture2D(image, (index + 0.5) / size);\n"                      \
	"}\n"                                                                    \
	"void show(vec4 c) {\n"                                                  \
	"	gl_FragColor = vec4(mix(c.rgb, c.bgr, swap), mix(1.0, c.a, alpha));\n" \
	"}\n"

static const char *const fragments[PROGRAMS] = {
	[PROGRAM_SOLID] = HEAD "void main() {\n"
			       "	show(colour);\n"
			       "}\n",
	[PROGRAM_NEAREST] = HEAD "void main() {\n"
				 "	show(texel(src.xy + floor((at - dst.xy) * ratio)));\n"
				 "}\n",
	[PROGRAM_BILINEAR] = HEAD
	"void main() {\n"
	"	vec2 last = src.zw - 1.0;\n"
	"	vec2 exact = clamp((at - dst.xy) * ratio - 0.5, vec2(0.0), last);\n"
	"	vec2 low = floor(exact), part = exact - low, high = min(low + 1.0, last);\n"
	"	vec4 top = mix(texel(src.xy + low), texel(src.xy + vec2(high.x, low.y)), part.x);\n"
	"	vec4 bottom = mix(texel(src.xy + vec2(low.x, high.y)), texel(src.xy + high), part.x);\n"
	"	show(mix(top, bottom, part.y));\n"
	"}\n",
	[PROGRAM_TILE] = HEAD "void main() {\n"
			      "	show(texel(floor(mod(at, size))));\n"
			      "}\n",
};

static GLuint shader_create(GLenum kind, const char *source)
{
	GLuint shader = glCreateShader(kind);
	GLint is_good = GL_FALSE;
	char log[256] = "";

	glShaderSource(shader, 1, &source, NULL);
	glCompileShader(shader);
	glGetShaderiv(shader, GL_COMPILE_STATUS, &is_good);
	if (is_good) {
		return shader;
	}
	glGetShaderInfoLog(shader, sizeof(log), NULL, log);
	log_warn(LOG_HOST, "GL does not take a shader: %s", log);
	glDeleteShader(shader);
	return 0;
}

static GLuint program_link(GLuint vertex, GLuint fragment)
{
	GLuint id = glCreateProgram();
	GLint is_good = GL_FALSE;

	glAttachShader(id, vertex);
	glAttachShader(id, fragment);
	glBindAttribLocation(id, 0, "vertex");
	glLinkProgram(id);
	glGetProgramiv(id, GL_LINK_STATUS, &is_good);
	if (is_good) {
		return id;
	}
	log_warn(LOG_HOST, "GL does not link a program");
	glDeleteProgram(id);
	return 0;
}

static int program_create(struct program *program, const char *source)
{
	GLuint vertex = shader_create(GL_VERTEX_SHADER, VERTEX);
	GLuint fragment = shader_create(GL_FRAGMENT_SHADER, source);

	program->id = vertex && fragment ? program_link(vertex, fragment) : 0;
	/* A program keeps its shaders. */
	glDeleteShader(vertex);
	glDeleteShader(fragment);
	if (!program->id) {
		return -EIO;
	}
	program->to_panel = glGetUniformLocation(program->id, "to_panel");
	program->colour = glGetUniformLocation(program->id, "colour");
	program->swap = glGetUniformLocation(program->id, "swap");
	program->alpha = glGetUniformLocation(program->id, "alpha");
	program->src = glGetUniformLocation(program->id, "src");
	program->dst = glGetUniformLocation(program->id, "dst");
	program->ratio = glGetUniformLocation(program->id, "ratio");
	program->size = glGetUniformLocation(program->id, "size");
	return 0;
}

int programs_create(struct program programs[PROGRAMS])
{
	for (unsigned i = 0; i < PROGRAMS; i++) {
		int ret = program_create(&programs[i], fragments[i]);

		if (ret < 0) {
			programs_destroy(programs);
			return ret;
		}
	}
	return 0;
}

void programs_destroy(struct program programs[PROGRAMS])
{
	for (unsigned i = 0; i < PROGRAMS; i++) {
		glDeleteProgram(programs[i].id);
		programs[i].id = 0;
	}
}
