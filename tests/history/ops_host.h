/* SPDX-License-Identifier: MIT */
/* Operations of ops_host.c, for the table of ops.c. */
#ifndef TESTS_HISTORY_OPS_HOST_H
#define TESTS_HISTORY_OPS_HOST_H

#include "tests/history/history.h"

void op_place(struct history *h, struct op op);
void op_plug(struct history *h, struct op op);
void op_frames(struct history *h, struct op op);
void op_flip(struct history *h, struct op op);
void op_time(struct history *h, struct op op);
void op_switch(struct history *h, struct op op);
void op_policy(struct history *h, struct op op);
void op_capture(struct history *h, struct op op);
void op_menu(struct history *h, struct op op);
void op_lock(struct history *h, struct op op);
void op_attempt(struct history *h, struct op op);

#endif
