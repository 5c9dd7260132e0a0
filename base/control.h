/* SPDX-License-Identifier: MIT */
/*
 * The names of vitrined's control interface, for the server and its clients. docs/protocol.md says what each method
 * takes and answers.
 */
#ifndef BASE_CONTROL_H
#define BASE_CONTROL_H

/* In the runtime directory: D-Bus from peer to peer, no bus needed. */
#define CONTROL_SOCKET "control.sock"
/* On the system bus, where there is one. */
#define CONTROL_BUS_NAME "org.vitrine.Display1"
#define CONTROL_PATH "/org/vitrine/Display1"
#define CONTROL_INTERFACE "org.vitrine.Display1"
/* Besides root and the server's own uid, members of this group may. */
#define CONTROL_GROUP "vitrine"

#define CONTROL_ERROR "org.vitrine.Error."
#define CONTROL_ERROR_NOT_FOUND CONTROL_ERROR "NotFound"
#define CONTROL_ERROR_NOT_SUPPORTED CONTROL_ERROR "NotSupported"
#define CONTROL_ERROR_NOT_NOW CONTROL_ERROR "NotNow"
#define CONTROL_ERROR_BUSY CONTROL_ERROR "Busy"
#define CONTROL_ERROR_CANCELLED CONTROL_ERROR "Cancelled"
#define CONTROL_ERROR_CONFIGURATION CONTROL_ERROR "Configuration"
#define CONTROL_ERROR_FAILED CONTROL_ERROR "Failed"

#endif
