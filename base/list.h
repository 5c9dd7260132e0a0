/* SPDX-License-Identifier: MIT */
/*
 * An intrusive, circular, doubly linked list. The head is a struct list of its own; an element embeds
 * one and says beside it which head it is linked on. Nothing here allocates.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev;
	struct list *next;
};

static inline void list_init(struct list *list)
{
	list->prev = list;
	list->next = list;
}

static inline bool list_empty(const struct list *list)
{
	return list->next == list;
}

/* Links elem right after pos: at the front when pos is the head. */
static inline void list_insert(struct list *pos, struct list *elem)
{
	elem->prev = pos;
	elem->next = pos->next;
	pos->next->prev = elem;
	pos->next = elem;
}

static inline void list_append(struct list *head, struct list *elem)
{
	list_insert(head->prev, elem);
}

/* Leaves elem initialised, so removing it twice is harmless. */
static inline void list_remove(struct list *elem)
{
	elem->prev->next = elem->next;
	elem->next->prev = elem->prev;
	list_init(elem);
}

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define list_for_each(pos, head, member)                                                         \
	for (pos = container_of((head)->next, __typeof__(*pos), member); &pos->member != (head); \
	     pos = container_of(pos->member.next, __typeof__(*pos), member))

/* As list_for_each; the body may remove and free pos. */
#define list_for_each_safe(pos, tmp, head, member)                          \
	for (pos = container_of((head)->next, __typeof__(*pos), member),    \
	    tmp = container_of(pos->member.next, __typeof__(*pos), member); \
	     &pos->member != (head);                                        \
	     pos = tmp, tmp = container_of(pos->member.next, __typeof__(*pos), member))

#endif
