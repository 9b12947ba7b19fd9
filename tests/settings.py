"""The product's settings in a throw-away data folder, away from every server of the environment.

Servers to test against are kept in TEST_SERVERS; tests that use one are marked with its name.
"""

import atexit
import os
import shutil
import tempfile


def hidden_address(name: str) -> str:
    """Hide a server from the product; the workers of xdist find it under its hidden name."""
    if name in os.environ:
        os.environ[f"HIDDEN_{name}"] = os.environ.pop(name)
    return os.environ.get(f"HIDDEN_{name}", "")


database = hidden_address("DATABASE_URL")
TEST_SERVERS = {
    "elasticsearch": hidden_address("ELASTICSEARCH_URL"),
    "redis": hidden_address("REDIS_URL"),
    "postgres": hidden_address("ASSAY_TEST_POSTGRES_URL") or database,
    "mysql": hidden_address("ASSAY_TEST_MYSQL_URL"),
}
ON_POSTGRES = os.environ.get("ASSAY_TEST_ON_POSTGRES") == "1" and bool(TEST_SERVERS["postgres"])
if ON_POSTGRES:
    os.environ["DATABASE_URL"] = TEST_SERVERS["postgres"]
KEEP = {"ASSAY_REQUIRE_SERVERS", "ASSAY_TEST_ON_POSTGRES", "ASSAY_CHROMIUM", "ASSAY_CI_CACHE"}
KEEP |= {"ASSAY_TEST_SHACL", "ASSAY_TEST_EXTRUCT", "ASSAY_TEST_PROV"}
KEEP |= {"ASSAY_TEST_DATACONTRACT_FIXTURES"}
KEEP |= {"ASSAY_TEST_DATACONTRACT", "ASSAY_TEST_MOTO", "ASSAY_TEST_DUCKDB"}
KEEP |= {"ASSAY_TEST_MLCROISSANT", "ASSAY_TEST_STANDARDWEBHOOKS"}
KEEP |= {"ASSAY_TEST_REPRESENTATION"}
KEEP |= {"ASSAY_TEST_CHECK_JSONSCHEMA", "ASSAY_TEST_PROMTOOL"}
DATA_DIR = tempfile.mkdtemp(prefix="assay-tests-")
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
for name in [name for name in os.environ if name.startswith("ASSAY_")]:
    if name not in KEEP:
        del os.environ[name]
os.environ |= {"ASSAY_DATA_DIR": DATA_DIR, "ASSAY_DEMO": "0", "ASSAY_STATIC_HASHED": "0"}
# All tests of a process come from one address.
os.environ |= {"ASSAY_API_RATE": "1000000", "ASSAY_ANON_RATE": "1000000"}

from config.settings import *  # noqa: E402, F403  the environment above must stand first

CELERY_BROKER_URL = "memory://"
# The suite empties its tables; tests of the triggers install them.
ASSAY_AUDIT_TRIGGERS = False
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The real hasher takes 0.2 s for each user; what it protects is not under test.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# In memory, SQLite locks whole tables between threads; in a file it does what the product's does.
if not ON_POSTGRES:
    DATABASES["default"]["TEST"] = {"NAME": f"{DATA_DIR}/test.sqlite3"}  # noqa: F405
