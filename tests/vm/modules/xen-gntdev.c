/* SPDX-License-Identifier: MIT */
/* A part of xen-gntdev as it is rebuilt here: buffers that are contiguous for DMA are not to be had, others are. */
#include <linux/errno.h>
#include <linux/export.h>
#include <xen/grant_table.h>

int gnttab_dma_alloc_pages(struct gnttab_dma_alloc_args *args)
{
	return -EOPNOTSUPP;
}

int gnttab_dma_free_pages(struct gnttab_dma_alloc_args *args)
{
	return -EOPNOTSUPP;
}
