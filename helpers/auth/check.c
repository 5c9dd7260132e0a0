/* SPDX-License-Identifier: MIT */
#include "helpers/auth/check.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "helpers/auth/session.h"

/* After as many wrong passwords as a module allows. */
#define PATIENCE_MS 30000

struct check {
	struct session *session;
	bool is_over; /* nobody can be asked any more */
};

/* ---- what PAM asks ---- */

/* A copy that PAM wipes and frees; NULL: nobody answers. */
static char *ask(struct check *check, const char *prompt)
{
	char *copy;

	if (check->is_over || session_read(check->session, prompt) < 0) {
		check->is_over = true;
		return NULL;
	}
	copy = strdup(check->session->secret.text);
	secret_clear(&check->session->secret);
	return copy;
}

static void responses_free(struct pam_response *responses, int n)
{
	for (int i = 0; i < n; i++) {
		if (responses[i].resp) {
			explicit_bzero(responses[i].resp, strlen(responses[i].resp));
			free(responses[i].resp);
		}
	}
	free(responses);
}

static int converse(int n, const struct pam_message **messages, struct pam_response **out,
		    void *data)
{
	struct check *check = data;
	struct pam_response *responses;

	if (n <= 0 || n > PAM_MAX_NUM_MSG) {
		return PAM_CONV_ERR;
	}
	responses = calloc((size_t)n, sizeof(*responses));
	if (!responses) {
		return PAM_BUF_ERR;
	}
	for (int i = 0; i < n; i++) {
		const struct pam_message *message = messages[i];

		switch (message->msg_style) {
		case PAM_PROMPT_ECHO_OFF:
		case PAM_PROMPT_ECHO_ON:
			/* Nothing that is typed on a locked screen is shown, wanted or not. */
			responses[i].resp = ask(check, message->msg);
			break;
		case PAM_ERROR_MSG:
		case PAM_TEXT_INFO:
			session_say(check->session, AUTH_SAYS, message->msg_style == PAM_ERROR_MSG,
				    message->msg);
			break;
		default:
			check->is_over = true;
			break;
		}
		if (check->is_over) {
			responses_free(responses, n);
			return PAM_CONV_ERR;
		}
	}
	*out = responses;
	return PAM_SUCCESS;
}

/* ---- what it answers ---- */

/* Whoever knows the password is the user, though the account needs something done. */
static int account_check(pam_handle_t *pam, struct session *session)
{
	int ret = pam_acct_mgmt(pam, 0);

	if (ret == PAM_NEW_AUTHTOK_REQD) {
		session_say(session, AUTH_SAYS, 1, "The password has expired: change it soon");
		return PAM_SUCCESS;
	}
	return ret;
}

static void answer(struct session *session, pam_handle_t *pam, int result)
{
	switch (result) {
	case PAM_SUCCESS:
		session_say(session, AUTH_RIGHT, 0, "");
		break;
	case PAM_AUTH_ERR:
	case PAM_PERM_DENIED:
	case PAM_USER_UNKNOWN:
	case PAM_CRED_INSUFFICIENT:
		session_say(session, AUTH_WRONG, 0, "");
		break;
	case PAM_MAXTRIES:
		session_say(session, AUTH_WRONG, PATIENCE_MS, pam_strerror(pam, result));
		break;
	case PAM_ACCT_EXPIRED:
	case PAM_AUTHTOK_EXPIRED:
		session_say(session, AUTH_WRONG, 0, pam_strerror(pam, result));
		break;
	default:
		log_error(LOG_HOST, "PAM: %s", pam_strerror(pam, result));
		session_say(session, AUTH_FAILED, 0, pam_strerror(pam, result));
		break;
	}
}

void check_run(struct session *session, const struct check_options *options)
{
	struct check check = {.session = session};
	const struct pam_conv conversation = {converse, &check};
	pam_handle_t *pam = NULL;
	int result = options->confdir ?
			     pam_start_confdir(options->service, options->user, &conversation,
					       options->confdir, &pam) :
			     pam_start(options->service, options->user, &conversation, &pam);

	if (result != PAM_SUCCESS) {
		log_error(LOG_HOST, "PAM has no service %s that works", options->service);
		session_say(session, AUTH_FAILED, 0, "PAM does not start");
		return;
	}
	pam_fail_delay(pam, options->delay_ms * 1000);
	result = pam_authenticate(pam, 0);
	if (result == PAM_SUCCESS) {
		result = account_check(pam, session);
	}
	if (!check.is_over) {
		answer(session, pam, result);
	}
	pam_end(pam, result);
}
