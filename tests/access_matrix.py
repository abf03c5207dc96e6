"""The reviewed table: what each role gets at each URL. A new URL without a row fails tests/test_access_matrix.py.

One letter for each role, in the order of ROLES: anonymous, viewer, responder, commander, admin, auditor.

    L  led to the log-in        K  no key or session (401)      N  may not (403)
    0  not there for them       +  let in: it was done, or the body was criticised

What belongs to one person (contact methods, keys, notifications, pages) is another person's here, so nobody may find
it. The commander of this table was offered the role. A "+" on a form means that the role may act; the rules of each
action (only the commander resolves) have tests of their own.
"""

from typing import Any

Row = dict[str, str]

# The address answers everybody alike, also without a database: tests/config/test_health.py.
OPEN = {"health"}


ACCOUNTS: dict[str, Row] = {
    "account_login": {"GET": "++++++", "POST": "++++++"},
    "account_logout": {"GET": "L+++++", "POST": "LLLLLL"},
    "account_inactive": {"GET": "++++++"},
    "account_change_password": {"GET": "L+++++", "POST": "L+++++"},
    "account_reset_password": {"GET": "++++++", "POST": "++++++"},
    "account_reset_password_done": {"GET": "++++++"},
    "account_reset_password_from_key": {"GET": "++++++", "POST": "++++++"},
    "account_reset_password_from_key_done": {"GET": "++++++"},
    "account_signup": {"GET": "LLLLLL", "POST": "LLLLLL"},
    "account_set_password": {"GET": "++++++", "POST": "++++++"},
    "api-schema": {"GET": "K+++++"},
    "api-docs": {"GET": "L+++++"},
    "accounts:setup": {"GET": "LLLLLL", "POST": "++++++"},
    "accounts:profile": {"GET": "L+++++", "POST": "L+++++"},
    "accounts:contacts": {"GET": "L+++++"},
    "accounts:verify_contact": {"POST": "LN+++N"},
    "accounts:add_method": {"POST": "L+++++"},
    "accounts:change_method": {"GET": "L00000", "POST": "L00000"},
    "accounts:remove_method": {"POST": "L00000"},
    "accounts:move_method": {"POST": "L00000"},
    "accounts:send_test": {"POST": "L00000"},
    "accounts:create_key": {"POST": "L+++++"},
    "accounts:revoke_key": {"POST": "L00000"},
}

API: dict[str, Row] = {
    "api:me": {"GET": "K+++++", "POST": "K+++++"},
    "api:contact-methods": {"GET": "K+++++", "POST": "K+++++"},
    "api:contact-method": {"POST": "K00000", "DELETE": "K00000"},
    "api:contact-method-move": {"POST": "K00000"},
    "api:contact-method-test": {"POST": "K00000"},
    "api:api-keys": {"GET": "K+++++", "POST": "K+++++"},
    "api:api-key": {"DELETE": "K00000"},
    "api:calendar-links": {"GET": "K+++++", "POST": "K+++++"},
    "api:calendar-link": {"DELETE": "K00000"},
    "api:contacts": {"GET": "K+++++"},
    "api:contact-verified": {"POST": "KN+++N"},
    "api:readiness": {"GET": "K+++++"},
    "api:users": {"GET": "K+++++"},
    "api:user": {"GET": "K+++++"},
    "api:teams": {"GET": "K+++++"},
    "api:incidents": {"GET": "K+++++", "POST": "KN+++N"},
    "api:reports": {"POST": "K+++++"},
    "api:incident": {"GET": "K+++++"},
    "api:timeline": {"GET": "K+++++"},
    "api:timeline-markdown": {"GET": "K+++++"},
    "api:timeline-json": {"GET": "K+++++"},
    "api:incident-declare": {"POST": "KN+++N"},
    "api:incident-status": {"POST": "KN+++N"},
    "api:incident-resolve": {"POST": "KNN++N"},
    "api:incident-reopen": {"POST": "KN+++N"},
    "api:incident-close": {"POST": "KN+++N"},
    "api:incident-cancel": {"POST": "KNN++N"},
    "api:incident-merge": {"POST": "KN+++N"},
    "api:incident-severity": {"POST": "KN+++N"},
    "api:incident-details": {"POST": "KN+++N"},
    "api:incident-components": {"POST": "KN+++N"},
    "api:incident-roles": {"GET": "K+++++", "POST": "KN+++N"},
    "api:incident-role-release": {"POST": "KN+++N"},
    "api:role-offers": {"GET": "K+++++", "POST": "KN+++N"},
    "api:role-offer-accept": {"POST": "KNN+NN"},
    "api:role-offer-decline": {"POST": "KNN+NN"},
    "api:responders": {"GET": "K+++++", "POST": "KN+++N", "DELETE": "K+++++"},
    "api:notes": {"POST": "KN+++N"},
    "api:corrections": {"POST": "KN+++N"},
    "api:decisions": {"GET": "K+++++", "POST": "KN+++N"},
    "api:hypotheses": {"GET": "K+++++", "POST": "KN+++N"},
    "api:hypothesis": {"POST": "KN+++N"},
    "api:steps": {"GET": "K+++++"},
    "api:step": {"POST": "KN+++N", "DELETE": "KN+++N"},
    "api:checkpoints": {"GET": "K+++++", "POST": "KN+++N"},
    "api:checkpoint": {"POST": "KN+++N"},
    "api:tasks": {"GET": "K+++++", "POST": "KN+++N"},
    "api:task": {"POST": "KNN++N"},
    "api:gates": {"GET": "K+++++", "POST": "KN+++N"},
    "api:watch": {"GET": "K+++++", "POST": "KN+++N"},
    "api:observation": {"POST": "KNN++N"},
    "api:impact": {"GET": "K+++++", "POST": "KN+++N"},
    "api:severities": {"GET": "K+++++"},
    "api:symptoms": {"GET": "K+++++"},
    "api:roles": {"GET": "K+++++"},
    "api:phases": {"GET": "K+++++"},
    "api:gate-definitions": {"GET": "K+++++"},
    "api:components": {"GET": "K+++++"},
    "api:updates": {"GET": "K+++++", "POST": "KN+++N"},
    "api:update-preview": {"POST": "KN+++N"},
    "api:update-no-change": {"POST": "KN+++N"},
    "api:update-next": {"POST": "KN+++N"},
    "api:notification-list": {"GET": "K+++++"},
    "api:notification-read-all": {"POST": "K+++++"},
    "api:notification-read": {"POST": "K00000"},
    "api:delivery-list": {"GET": "K+++++"},
    "api:delivery-detail": {"GET": "K+++++"},
    "api:on-call": {"GET": "K+++++"},
    "api:schedules": {"GET": "K+++++"},
    "api:schedule": {"GET": "K+++++"},
    "api:schedule-on-call": {"GET": "K+++++"},
    "api:schedule-shifts": {"GET": "K+++++"},
    "api:overrides": {"GET": "K+++++", "POST": "KN+++N"},
    "api:override": {"POST": "KN+++N", "DELETE": "KN+++N"},
    "api:escalation-preview": {"GET": "K+++++"},
    "api:escalation-rules": {"GET": "K+++++"},
    "api:escalation-timers": {"GET": "K+++++"},
    "api:pages": {"GET": "K+++++"},
    "api:page-acknowledge": {"POST": "K00000"},
    "api:page-decline": {"POST": "K00000"},
    "api:incident-acknowledge": {"POST": "KN+++N"},
    "api:incident-escalate": {"POST": "KN+++N"},
    "api:incident-page": {"POST": "KN+++N"},
    "api:incident-release": {"POST": "KN+++N"},
    "api:agenda": {"GET": "K+++++"},
    "api:agenda-discuss": {"POST": "K00000"},
    "api:alert-list": {"GET": "K+++++"},
    "api:alert-receive": {"POST": "KKKKKK"},
    "api:postmortem-list": {"GET": "K+++++"},
    "api:incident-postmortem": {"GET": "K+++++"},
    "api:postmortem-publish": {"POST": "KNN++N"},
    "api:postmortem-assign": {"POST": "KN+++N"},
}

INCIDENTS: dict[str, Row] = {
    "incidents:now": {"GET": "L+++++"},
    "incidents:list": {"GET": "L+++++"},
    "incidents:declare": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:declare_aside": {"GET": "L+++++"},
    "incidents:report": {"GET": "L+++++", "POST": "L+++++"},
    "incidents:detail": {"GET": "L+++++"},
    "incidents:primary_panel": {"GET": "L+++++"},
    "incidents:state_panel": {"GET": "L+++++"},
    "incidents:checklist_panel": {"GET": "L+++++"},
    "incidents:work_panel": {"GET": "L+++++"},
    "incidents:details_panel": {"GET": "L+++++"},
    "incidents:timeline": {"GET": "L+++++"},
    "incidents:as_markdown": {"GET": "L+++++"},
    "incidents:as_json": {"GET": "L+++++"},
    "incidents:write": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:correct": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:decide": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:hypothesise": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:judge": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:convert": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:status": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:resolve": {"GET": "LN+++N", "POST": "LNN++N"},
    "incidents:reopen": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:close": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:cancel": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:merge": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:severity": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:details": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:components": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:take_role": {"GET": "LN+++N", "POST": "LNN++N"},
    "incidents:offer_role": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:release_role": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:answer_offer": {"GET": "LN+++N", "POST": "LNN+NN"},
    "incidents:join": {"POST": "LN+++N"},
    "incidents:leave": {"POST": "LN+++N"},
    "incidents:tick": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:clear": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:set_checkpoint": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:finish_checkpoint": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:assign_task": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:finish_task": {"GET": "LN+++N", "POST": "LNN++N"},
    "incidents:gate": {"GET": "L00000", "POST": "L00000"},
    "incidents:impact": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:watch": {"GET": "LN+++N", "POST": "LN+++N"},
    "incidents:end_observation": {"GET": "LN+++N", "POST": "LN+++N"},
}

COMMUNICATIONS: dict[str, Row] = {
    "communications:updates_panel": {"GET": "L+++++"},
    "communications:publish": {"GET": "LN+++N", "POST": "LN+++N"},
    "communications:preview": {"POST": "LN+++N"},
    "communications:no_change": {"POST": "LN+++N"},
    "communications:next_update": {"GET": "LN+++N", "POST": "LN+++N"},
    "communications:notifications": {"GET": "L+++++"},
    "communications:read_all": {"POST": "L+++++"},
    "communications:follow": {"GET": "L00000"},
    "communications:read": {"POST": "L00000"},
    "communications:demo_mail": {"GET": "L00000"},
}

ONCALL: dict[str, Row] = {
    "oncall:on_call": {"GET": "L+++++"},
    "oncall:strip": {"GET": "L+++++"},
    "oncall:feed": {"GET": "++++++"},
    "oncall:calendar_links": {"GET": "L+++++", "POST": "L+++++"},
    "oncall:revoke_calendar_link": {"POST": "L00000"},
}

ESCALATION: dict[str, Row] = {
    "escalation:page": {"GET": "++++++"},
    "escalation:page_acknowledge": {"POST": "++++++"},
    "escalation:page_decline": {"POST": "++++++"},
    "escalation:preview": {"GET": "L+++++"},
    "escalation:reviews": {"GET": "L+++++"},
    "escalation:discuss": {"POST": "L00000"},
    "escalation:paging_panel": {"GET": "L+++++"},
    "escalation:acknowledge": {"POST": "LN+++N"},
    "escalation:decline": {"POST": "L00000"},
    "escalation:escalate_now": {"POST": "LN+++N"},
    "escalation:page_person": {"GET": "LN+++N", "POST": "LN+++N"},
    "escalation:release": {"POST": "L00000"},
}

READINESS: dict[str, Row] = {"readiness:readiness": {"GET": "L+++++"}}

POSTMORTEMS: dict[str, Row] = {
    "postmortems:index": {"GET": "L+++++"},
    "postmortems:panel": {"GET": "L+++++"},
    "postmortems:publish": {"POST": "LNN++N"},
    "postmortems:assign": {"POST": "LN+++N"},
}

MATRIX: dict[str, dict[str, Row]] = {
    "accounts": ACCOUNTS,
    "api": API,
    "incidents": INCIDENTS,
    "communications": COMMUNICATIONS,
    "oncall": ONCALL,
    "escalation": ESCALATION,
    "readiness": READINESS,
    "postmortems": POSTMORTEMS,
}

CAROL = "carol's id"  # replaced by the number that Carol has

# The least that each of these needs to be told "you may not" instead of "this field is missing".
BODIES: dict[str, dict[str, Any]] = {
    "postmortems:publish": {"url": "https://wiki.example.org/pm-1"},
    "postmortems:assign": {"owner": CAROL},
    "api:postmortem-publish": {"url": "https://wiki.example.org/pm-1"},
    "api:postmortem-assign": {"owner": "carol"},
    "api:updates": {"impact": "Orders are late", "actions": "Rolling back"},
    "api:update-preview": {"impact": "Orders are late", "actions": "Rolling back"},
    "api:update-next": {"next_due_at": "2999-01-01T00:00:00Z"},
    "api:overrides": {"user": CAROL, "starts_at": "2998-01-01T00:00:00Z", "ends_at": "2999-01-01T00:00:00Z"},
    "api:override": {"ends_at": "2999-01-01T00:00:00Z"},
}
