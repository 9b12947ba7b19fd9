"""The settings of Assay, from the environment variables that config/environment.py declares."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.api_settings import FRAMEWORK_SETTINGS, SPECTACULAR_SETTINGS  # noqa: F401
from config.demo.paths import read_port_file
from config.embedded.paths import valkey_socket
from config.environment import DEFAULTS, Environment
from config.logs import configure_structlog, logging_settings
from config.product_tabs import PRODUCT_TABS
from config.secret_files import load_or_create_secret

BASE_DIR = Path(__file__).resolve().parent.parent
environment = ENVIRONMENT = Environment()

# --- the installation -------------------------------------------------------------------------
ASSAY_PORT = environment.get_int("ASSAY_PORT", minimum=1, maximum=65535)
ASSAY_HOST = environment.get_text("ASSAY_HOST")
ASSAY_DATA_DIR = environment.get_path("ASSAY_DATA_DIR", default=BASE_DIR / "var", root=BASE_DIR)
ASSAY_DEMO = environment.get_bool("ASSAY_DEMO")
LOADED_DEMO_PORT = read_port_file(ASSAY_DATA_DIR, web_port=ASSAY_PORT)
ASSAY_DEMO_PORT = environment.get_int(
    "ASSAY_DEMO_PORT", minimum=1, maximum=65535, default=LOADED_DEMO_PORT
)
ASSAY_BASE_IRI = environment.get_url(
    "ASSAY_BASE_IRI", default=f"http://127.0.0.1:{ASSAY_PORT}", schemes=("http", "https")
)
ASSAY_WEB_PROCESSES = environment.get_int(
    "ASSAY_WEB_PROCESSES", minimum=1, maximum=64, default=min(os.cpu_count() or 1, 4)
)
ASSAY_WEB_THREADS = environment.get_int("ASSAY_WEB_THREADS", minimum=1, maximum=64)
ASSAY_NOTICE_DAYS = environment.get_int("ASSAY_NOTICE_DAYS", minimum=0, maximum=3650)
ASSAY_ANSWER_DAYS = environment.get_int("ASSAY_ANSWER_DAYS", minimum=1, maximum=3650)
ASSAY_API_RATE = environment.get_int("ASSAY_API_RATE", minimum=1, maximum=1_000_000)
ASSAY_ANON_RATE = environment.get_int("ASSAY_ANON_RATE", minimum=1, maximum=1_000_000)
ASSAY_EVIDENCE_PERCENT = environment.get_int("ASSAY_EVIDENCE_PERCENT", minimum=0, maximum=100)
ASSAY_EVIDENCE_CHECKS = environment.get_int("ASSAY_EVIDENCE_CHECKS", minimum=1, maximum=100_000)
ASSAY_KEEP_CHECKS = environment.get_int("ASSAY_KEEP_CHECKS", minimum=1, maximum=400)
ASSAY_WORKER_PROCESSES = environment.get_int("ASSAY_WORKER_PROCESSES", minimum=1, maximum=64)
DEBUG = environment.get_bool("ASSAY_DEBUG")
ASSAY_AUDIT_ANCHORS = environment.get_path(
    "ASSAY_AUDIT_ANCHORS", default=ASSAY_DATA_DIR / "audit-anchors.jsonl", root=BASE_DIR
)
ASSAY_AUDIT_ANCHOR_URL = environment.get_text("ASSAY_AUDIT_ANCHOR_URL")
ASSAY_AUDIT_TRIGGERS = True
ASSAY_ANCHOR_SECRET = load_or_create_secret(ASSAY_DATA_DIR, "audit_anchors")
STORED_SECRET_KEY = load_or_create_secret(ASSAY_DATA_DIR, "secret_key")
SECRET_KEY = environment.get_text("ASSAY_SECRET_KEY") or STORED_SECRET_KEY

# --- hosts and cookies ------------------------------------------------------------------------
BASE_ADDRESS = urlsplit(ASSAY_BASE_IRI)
IS_SECURE = BASE_ADDRESS.scheme == "https"
ALLOWED_HOSTS = [
    *environment.get_list("ASSAY_HOSTS", pattern=r"[\w.\-*\[\]:]+", example="catalog.example.org"),
    BASE_ADDRESS.hostname or "localhost",
    "127.0.0.1",
    "localhost",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [f"{BASE_ADDRESS.scheme}://{BASE_ADDRESS.netloc}"]
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = IS_SECURE
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "assay_session", "assay_csrf"
ALLAUTH_TRUSTED_PROXY_COUNT = environment.get_int("ASSAY_PROXIES", minimum=0, maximum=9)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT and IS_SECURE else None
)
X_FRAME_OPTIONS, SECURE_REFERRER_POLICY = "DENY", "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE, DATA_UPLOAD_MAX_NUMBER_FIELDS = 8 * 1024 * 1024, 5000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- apps and pages ---------------------------------------------------------------------------
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
INSTALLED_APPS = [
    "config",
    "catalog",
    "governance",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "guardian",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "lucide",
    "django_structlog",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Below WhiteNoise, whose files are compressed beforehand.
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.request_log.RequestLogMiddleware",
    "catalog.api.rest.middleware.ApiEdgeMiddleware",
    "config.pages.edge.PageEdgeMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.pages.error_pages.ErrorPageMiddleware",
    "config.pages.first_start.FirstStartMiddleware",
]
CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
JINJA = {"environment": "config.templates.environment", "context_processors": CONTEXT_PROCESSORS}
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": JINJA,
    },
    {  # for Django's admin and the parts of allauth that have no page here
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]

# The tabs of a product's page by URL name; one whose route is not installed is left out.
ASSAY_PRODUCT_TABS = PRODUCT_TABS

# --- storage ----------------------------------------------------------------------------------
SQLITE: dict[str, Any] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": ASSAY_DATA_DIR / "assay.sqlite3",
}
# A deferred transaction that turns into a writer fails at once, whatever the timeout.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA temp_store=MEMORY;"
        "PRAGMA mmap_size=134217728;PRAGMA cache_size=-16000;PRAGMA journal_size_limit=67108864;"
    ),
}
DATABASE = environment.get_database("DATABASE_URL", default=SQLITE)
IS_SQLITE = DATABASE["ENGINE"] == SQLITE["ENGINE"]
DATABASES = {
    "default": {
        **DATABASE,
        "CONN_MAX_AGE": None if IS_SQLITE else 300,
        "CONN_HEALTH_CHECKS": not IS_SQLITE,
        "OPTIONS": DATABASE.get("OPTIONS", {})
        | (SQLITE_OPTIONS if IS_SQLITE else {"connect_timeout": 3}),
    }
}
# catalog.ApiToken replaces knox's own token model, whose table is not needed.
MIGRATION_MODULES = {"knox": None}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ASSAY_FILES_ROOT = environment.get_path(
    "ASSAY_FILES_ROOT", default=ASSAY_DATA_DIR / "files", root=BASE_DIR
)
ASSAY_SHARED_FOLDERS = environment.get_pairs("ASSAY_SHARED_FOLDERS", example="folder=domain")
ASSAY_MAX_UPLOAD_MB = environment.get_int("ASSAY_MAX_UPLOAD_MB", minimum=1, maximum=100_000)
ASSAY_UPLOAD_SNAPSHOTS = environment.get_int("ASSAY_UPLOAD_SNAPSHOTS", minimum=1, maximum=1000)
ASSAY_ALLOWED_NETS = environment.get_list(
    "ASSAY_ALLOWED_NETS", pattern=r"(\[[0-9a-fA-F:.]+\]|[\w.\-]+):\d{1,5}", example="host:port"
) + ((f"127.0.0.1:{ASSAY_DEMO_PORT}",) if ASSAY_DEMO else ())
ASSAY_SQL_DIALECTS = environment.get_pairs("ASSAY_SQL_DIALECTS", example="sqlserver=mssql+pymssql")
STATIC_URL, STATIC_ROOT = "static/", ASSAY_DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
ASSAY_STATIC_HASHED = environment.get_bool("ASSAY_STATIC_HASHED")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not ASSAY_STATIC_HASHED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if ASSAY_STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- search, broker, cache, background work ---------------------------------------------------
ELASTICSEARCH_URL = environment.get_url("ELASTICSEARCH_URL", default="", schemes=("http", "https"))
ASSAY_SEARCH_ENGINES = list(
    environment.get_list(
        "ASSAY_SEARCH_ENGINES", pattern="embedded|elasticsearch", example="embedded,elasticsearch"
    )
) or ["elasticsearch" if ELASTICSEARCH_URL else "embedded"]
ASSAY_SEARCH_PREFIX = (
    "".join(
        environment.get_list(
            "ASSAY_SEARCH_PREFIX", pattern=r"[a-z][a-z0-9-]{0,59}", example="assay-search"
        )[:1]
    )
    or DEFAULTS["ASSAY_SEARCH_PREFIX"]
)
ASSAY_SEARCH_SEMANTIC = environment.get_semantic(
    "ASSAY_SEARCH_SEMANTIC", engine=ASSAY_SEARCH_ENGINES[0]
)
REDIS_URL = environment.get_url("REDIS_URL", default="", schemes=("redis", "rediss"))
VALKEY_SOCKET = valkey_socket(ASSAY_DATA_DIR)
CACHES = {
    "default": {
        "BACKEND": "catalog.cache.FallbackCache",
        "LOCATION": f"{REDIS_URL}/1" if REDIS_URL else f"unix://{quote(str(VALKEY_SOCKET))}?db=1",
        "KEY_PREFIX": "assay",
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
    }
}
CELERY_BROKER_URL = (
    f"{REDIS_URL}/0" if REDIS_URL else f"redis+socket://{quote(str(VALKEY_SOCKET))}?virtual_host=0"
)
CELERY_TASK_SOFT_TIME_LIMIT, CELERY_TASK_TIME_LIMIT = 240, 300
# A lost task comes back after the visibility timeout; below the hard limit it would run twice.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 2 * CELERY_TASK_TIME_LIMIT,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "health_check_interval": 10,
    "socket_keepalive": True,
    # A request that sends a hint hardly waits for a broker that hangs or is down; workers do.
    "socket_timeout": 0.3,
    "socket_connect_timeout": 0.3,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP, CELERY_BROKER_CONNECTION_MAX_RETRIES = True, None
# A message is only a hint: the change is in the database, where a drain finds it.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = CELERY_TASK_SEND_SENT_EVENT = False
CELERY_TASK_SERIALIZER, CELERY_ACCEPT_CONTENT = "json", ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ROUTES = {
    "catalog.tasks.index_changed": {"queue": "index"},
    "catalog.tasks.drain_search": {"queue": "index"},
    "catalog.tasks.check_search": {"queue": "index"},
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_TIMEZONE, CELERY_ENABLE_UTC = "UTC", True

# --- people -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "catalog.Person"
KNOX_TOKEN_MODEL = "catalog.ApiToken"  # noqa: S105  a model's name
SESSION_ENGINE = "catalog.people.auth"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
# guardian keeps the grants of restricted products; catalog.authorization reads who has them, for
# its own backend knows neither the end of a role nor that a role is inherited.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword")
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "account_login", "/", "/"
ACCOUNT_ADAPTER = "catalog.people.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "catalog.web.people.forms.SignInForm",
    "reset_password": "catalog.web.people.forms.AskResetForm",
    "reset_password_from_key": "catalog.web.people.forms.NewPasswordForm",
    "change_password": "catalog.web.people.forms.ChangePasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Django ends the other sessions of a new password; catalog.people.sign_in_limits counts failures.
ACCOUNT_SESSION_REMEMBER, ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True, False
ACCOUNT_RATE_LIMITS = {"login_failed": None, "login": "60/m/ip"}
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
globals().update(environment.get_email("ASSAY_EMAIL_URL", folder=ASSAY_DATA_DIR / "mail"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = environment.get_text("ASSAY_EMAIL_FROM")
EMAIL_SUBJECT_PREFIX, ACCOUNT_EMAIL_SUBJECT_PREFIX, EMAIL_TIMEOUT = "[Assay] ", "[Assay] ", 10

# --- the API ----------------------------------------------------------------------------------
RATES = {"signed_out": f"{ASSAY_ANON_RATE}/min", "signed_in": f"{ASSAY_API_RATE}/min"}
REST_FRAMEWORK = FRAMEWORK_SETTINGS | {"DEFAULT_THROTTLE_RATES": RATES}
REST_KNOX = {"TOKEN_PREFIX": "assay_", "AUTH_HEADER_PREFIX": "Bearer", "AUTO_REFRESH": False}

# --- language and time ------------------------------------------------------------------------
LANGUAGE_CODE, LANGUAGES = environment.get_text("ASSAY_LANGUAGE"), [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N, USE_TZ, TIME_ZONE = True, True, "UTC"

# --- logs -------------------------------------------------------------------------------------
LOGGING = logging_settings(
    level=environment.get_choice("ASSAY_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR")),
    line_format=environment.get_choice("ASSAY_LOG_FORMAT", ("text", "json")),
)
configure_structlog()
