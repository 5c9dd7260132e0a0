/* SPDX-License-Identifier: MIT */
/*
 * The backlight of a panel, by sysfs (Documentation/ABI/stable/sysfs-class-backlight). Whether we may write there is for
 * the administrator to say, by a udev rule that gives the file to our group: docs/operating.md.
 */
#ifndef KMS_BACKLIGHT_H
#define KMS_BACKLIGHT_H

#include "base/util.h"

struct kms_backlight {
	int fd; /* of brightness; -1: none that we can reach */
	int max;
};

/*
 * The one that belongs to this connector of this card ("card0", "eDP-1"), else one of the firmware or the platform, which
 * belong to a machine's only panel. class_dir: /sys/class/backlight. 0; -ENOENT: there is none; -EACCES: not for us.
 */
MUST_USE int kms_backlight_open(struct kms_backlight *backlight, const char *class_dir,
				const char *card, const char *connector);
void kms_backlight_close(struct kms_backlight *backlight);
/* 0 to 1. 0 or -errno. */
MUST_USE int kms_backlight_set(struct kms_backlight *backlight, double level);
/* Negative: unknown. */
double kms_backlight_get(const struct kms_backlight *backlight);

#endif
