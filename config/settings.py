"""Settings, all from the environment: docs/reference/settings.md describes each one."""

import secrets
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

from common import logs

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))

DEBUG = env.bool("DEBUG", default=False)
_SECRET_FILE = VAR_DIR / "secret_key"
SECRET_KEY = env.str("SECRET_KEY", default="") or (
    # `make run` writes this file; a process without either gets a key of its own, which a system check reports.
    _SECRET_FILE.read_text().strip() if _SECRET_FILE.exists() else f"unset-{secrets.token_urlsafe(50)}"
)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
API_KEY_PEPPER = env.str("API_KEY_PEPPER", default="") or SECRET_KEY

SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[SITE_URL] if SITE_URL.startswith("https") else []
)
HTTPS = env.bool("HTTPS", default=SITE_URL.startswith("https://"))

INSTALLED_APPS = [
    "config.apps.SettingsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # the templates of widgets, found by FORM_RENDERER
    "allauth",
    "allauth.account",
    "django_htmx",
    "django_filters",
    "django_q",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "lucide",
    "csp",
    "common",
    "accounts",
    "incidents",
    "communications",
    "oncall",
    "escalation",
    "alerts",
    "postmortems",
    "readiness",
    "config",
]

MIDDLEWARE = [
    "common.middleware.RequestContextMiddleware",
    "config.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.BodyLimitMiddleware",
    "config.api.SlashMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.ViewerMiddleware",
    "accounts.middleware.RefusalMiddleware",
    "common.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "common.context.page",
                "communications.context.unread",
            ],
            "builtins": ["common.templatetags.ui"],
        },
    }
]
FORM_RENDERER = "common.forms.Renderer"

# --- database -------------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'allclear.sqlite3'}")}
# Kept also for SQLite: opening it for each request, with its settings and all of its tables, costs milliseconds.
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        # IMMEDIATE and WAL: with the defaults most concurrent writes fail. FULL: a committed page survives power loss.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["OPTIONS"] = {
        **DATABASES["default"].get("OPTIONS", {}),
        "options": "-c lock_timeout=3000",
        "connect_timeout": 5,
    }
ATOMIC_REQUESTS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"},
    # The queue notes its own state here twice a second; nobody reads it, so it stays out of the database.
    "queue": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "queue"},
}

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_FORMS = {
    "login": "accounts.signinforms.LogInForm",
    "reset_password": "accounts.signinforms.ResetForm",
    "change_password": "accounts.signinforms.ChangeForm",
    "reset_password_from_key": "accounts.signinforms.ResetKeyForm",
}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets mail from us because a stranger typed their address
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_RATE_LIMITS = {
    # By network address only against floods: a whole office may stand behind one, and be on call.
    # "key" is account and network address together (accounts.adapter).
    "login": "300/m/ip",
    "login_failed": "100/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/10m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
}

# --- web ------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))()
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "common.staticfiles.ForgivingManifestStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}session"
CSRF_COOKIE_NAME = f"{_PREFIX}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "common.errorpages.csrf_failure"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)  # whose X-Forwarded-For the rate limits believe
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

# --- mail -----------------------------------------------------------------------------------------

# In development without a mail server, mail lies in var/mail/ and shows under /demo/mail/.
_MAIL = "smtp" if "EMAIL_HOST" in env.ENVIRON or not DEBUG else "filebased"
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default=f"django.core.mail.backends.{_MAIL}.EmailBackend")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_HOST = env.str("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 3  # shorter than a delivery's lease: see OUTBOX
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Allclear <allclear@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- other ways to reach people (docs/reference/transports.md) -------------------------------------

# Which kinds of contact method people may use; empty: all that are set up.
CONTACT_KINDS = env.list("CONTACT_KINDS", default=[])
WEB_PUSH_KEY = env.str("WEB_PUSH_KEY", default="")
NTFY_URL = env.str("NTFY_URL", default="https://ntfy.sh").rstrip("/")
NTFY_TOKEN = env.str("NTFY_TOKEN", default="")
SLACK_BOT_TOKEN = env.str("SLACK_BOT_TOKEN", default="")
SLACK_SIGNING_SECRET = env.str("SLACK_SIGNING_SECRET", default="")
SLACK_API_URL = env.str("SLACK_API_URL", default="https://slack.com/api").rstrip("/")
TELEGRAM_BOT_TOKEN = env.str("TELEGRAM_BOT_TOKEN", default="")
TELEGRAM_API_URL = env.str("TELEGRAM_API_URL", default="https://api.telegram.org").rstrip("/")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_VOICE_FROM = env.str("TWILIO_VOICE_FROM", default="")
TWILIO_REPLIES = env.bool("TWILIO_REPLIES", default=False)
TWILIO_API_URL = env.str("TWILIO_API_URL", default="https://api.twilio.com").rstrip("/")

# --- the queue and the clock (docs/explanation/reliability.md) ------------------------------------

Q_CLUSTER = {
    "name": "allclear",
    "orm": "default",
    "workers": env.int("QUEUE_WORKERS", default=2),
    "save_limit": -1,
    "bulk": 1,
    "queue_limit": env.int("QUEUE_WORKERS", default=2),
    "poll": 0.2,
    "timeout": 30,
    "retry": 90,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "label": "Queue",
    "cache": "queue",
}

# Everything above communications is wired here: the apps below know nobody above them (architecture.md).
INCIDENT_EVENT_HANDLERS = [
    "incidents.checklists.on_event",
    "escalation.handlers.on_event",
    "communications.handlers.on_event",
    "postmortems.handlers.on_event",
    "alerts.handlers.on_event",
]
INCIDENT_GUARDS = [
    "incidents.guards.recovery_checks",
    "incidents.guards.rollback_plan",
    "incidents.guards.observation",
    "postmortems.guards.published",
]
DUE_SOURCES = [
    "escalation.due.TIMERS",
    "communications.due.DELIVERIES",
    "incidents.due.REMINDERS",
    "communications.due.UPDATE_CLOCKS",
    "oncall.due.SHIFT_CHANGES",
    "oncall.due.HAND_OVERS",
    "oncall.due.COVER_REQUESTS",
    "oncall.due.CALENDARS",
    "oncall.due.ABSENCES",
]
# How often the clock looks at a rota at least, for a hand-off that nobody announced.
ROTA_LOOK_AGAIN = timedelta(hours=1)
# What the incident pages show of the apps above: each incident's next clocks, and what waits for the viewer.
INCIDENT_GLANCES = ["communications.glance.update_clocks", "escalation.glance.next_pages"]
WAITING_FOR_ME = ["escalation.glance.open_pages", "oncall.glance.waiting"]
# What must be there before a page is needed, in the order in which an installation is set up.
READINESS_CHECKS = [
    "escalation.readiness.default_team",
    "oncall.readiness.roles_filled",
    "oncall.readiness.rotas_covered",
    "oncall.readiness.people_reachable",
    "oncall.readiness.layers_lasting",
    "oncall.readiness.calendars_read",
    "escalation.readiness.matrix_complete",
    "accounts.readiness.calendars_open",
    "accounts.readiness.emergency_contacts",
]
# Answers "who is on call for this incident?" to the apps below escalation.
ON_CALL_RESOLVER = "oncall.targets.on_call_for"
# Answers "who may be asked to decide as manager?" likewise (update reminders one cadence late).
ROLE_RESOLVER = "oncall.targets.people_for"
# Tells the load report of on-call who was paged when.
PAGES_BETWEEN = "escalation.load.pages_between"
# Carry the test message and the code that somebody asks for on their profile; tell what became of them.
CONTACT_TEST = "config.contactmessages.send_test"
CONTACT_CODE = "config.contactmessages.send_code"
CONTACT_OUTCOMES = "config.contactmessages.outcomes"
# What a browser has to know to take push messages from this installation only.
PUSH_KEY = "config.contactmessages.push_key"
# Says in a sentence whether somebody is on call now.
ON_DUTY = "config.contactmessages.duty_words"
# Hears, in the ledger's transaction, that a page reached its person by no contact method at all.
PAGE_FAILED_HANDLER = "escalation.handlers.on_delivery_failed"
# Hear, in the engine's transaction, that people were paged in a role: shadows are told second.
PAGED_HANDLERS = ["oncall.shadows.on_paged"]
# Hear, in the action's transaction, that somebody took the pager and the open incidents with it.
PAGER_TAKEN_HANDLERS = ["escalation.handlers.on_pager_taken"]
# How many threads of the clock's process send what the queue has not begun in time; 0 sends in the caller's own thread.
DELIVERY_THREADS = env.int("DELIVERY_THREADS", default=8)
# Called once a minute while the invariants of paging hold, so that somebody outside notices when they do not.
HEARTBEAT_URL = env.str("HEARTBEAT_URL", default="")

# --- API ------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.HasScope"],
    "DEFAULT_SCHEMA_CLASS": "common.schema.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_PAGINATION_CLASS": "common.api.Pagination",
    "PAGE_SIZE": 50,
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["common.api.Parser"],
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "common.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "common.problems.ProblemFormatter",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Allclear",
    "DESCRIPTION": "Declare, page, escalate, tell, resolve: everything the browser can do.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "Severity": "incidents.models.Severity",
        "IncidentStatus": "incidents.models.Status",
        "IncidentRole": "incidents.models.RoleDefinition.Key",
        "AccessRole": "accounts.models.AccessRole",
        "EventKind": "incidents.models.EventKind",
        "ContactMethodKind": "accounts.models.ContactMethod.Kind",
        "PhaseKey": "incidents.models.Phase.Key",
        "PhaseAnchor": "incidents.models.Phase.Anchor",
        "StepKind": "incidents.models.PhaseStep.Kind",
        "StepOutcome": "incidents.models.ChecklistTick.Outcome",
        "GateOutcome": "incidents.models.GateResult.Outcome",
        "HypothesisState": "incidents.models.Hypothesis.State",
        "DeliveryKind": "communications.models.Delivery.Kind",
        "CoverState": "oncall.models.CoverRequest.State",
        "OverrideKind": "oncall.models.Override.Kind",
        "EscalationRole": "oncall.models.EscalationRole",
        "RoleOfferState": "incidents.models.RoleOffer.State",
    },
}

# --- outgoing requests ----------------------------------------------------------------------------

ALLOWED_PRIVATE_NETWORKS = env.list("ALLOWED_PRIVATE_NETWORKS", default=[])

LOGGING_CONFIG = None
logs.configure(level=env.str("LOG_LEVEL", default="INFO"), json=env.bool("LOG_JSON", default=not DEBUG))
