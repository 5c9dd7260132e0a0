/* SPDX-License-Identifier: MIT */
/* Joins the windows of a nested server with the seat: keyboard, pointer and touch of the desktop are a device each. */
#ifndef COMPOSITOR_NESTED_INPUT_H
#define COMPOSITOR_NESTED_INPUT_H

#include "compositor/output/nested/nested.h"

/* data: struct server. */
extern const struct nested_input nested_seat_input;

#endif
