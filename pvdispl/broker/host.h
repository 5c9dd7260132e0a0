/* SPDX-License-Identifier: MIT */
/* What this host's kernel and hypervisor give: dma-bufs across domains, and how much may be mapped. Found out once. */
#ifndef PVDISPL_BROKER_HOST_H
#define PVDISPL_BROKER_HOST_H

#include <stdio.h>

struct broker;

/* Fills in broker->dmabuf and broker->host; one line in the log says what zero copy can be had here. */
void host_probe(struct broker *broker);
/* Lines KEY VALUE: dmabuf.import, dmabuf.export, maps.budget, gntdev.limit. */
void host_report(const struct broker *broker, FILE *out);

#endif
