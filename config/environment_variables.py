"""The environment variables that settings come from, each declared once; pure."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Setting:
    """An environment variable; `shown_default` describes a default that is computed."""

    name: str
    default: str = ""
    help: str
    shown_default: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting(name="ASSAY_PORT", default="8000", help="Port of the web server, 1 to 65535."),
    Setting(
        name="ASSAY_HOST",
        default="127.0.0.1",
        help="Address that the web server listens on; 0.0.0.0 for every interface.",
    ),
    Setting(
        name="ASSAY_DATA_DIR",
        default="var",
        help="Folder of all data: database, index, files, secrets. On a local disk.",
    ),
    Setting(
        name="ASSAY_VENV",
        default=".venv",
        help="Folder of the virtual environment that `make` creates.",
    ),
    Setting(
        name="ASSAY_DEMO",
        default="1",
        help="1 loads the demo mesh at the first start; 0 starts empty.",
    ),
    Setting(
        name="ASSAY_DEMO_PORT",
        shown_default="the port in the contracts of the loaded demo, else ASSAY_PORT + 1",
        help="Port of the demo's own small HTTP source, on 127.0.0.1.",
    ),
    Setting(
        name="ASSAY_BASE_IRI",
        shown_default="http://127.0.0.1:ASSAY_PORT",
        help="URL where people reach Assay; product identifiers begin with it.",
    ),
    Setting(
        name="ASSAY_HOSTS",
        shown_default="the host of ASSAY_BASE_IRI, 127.0.0.1, localhost",
        help="Host names that the web server answers to, separated by commas.",
    ),
    Setting(
        name="ASSAY_PROXIES",
        default="0",
        help=(
            "Number of reverse proxies in front, whose X-Forwarded-For is believed; limits by IP "
            "address need it."
        ),
    ),
    Setting(
        name="DATABASE_URL",
        shown_default="SQLite in ASSAY_DATA_DIR",
        help="Database, as postgres://user:password@host:5432/name.",
    ),
    Setting(
        name="REDIS_URL",
        shown_default="bundled Valkey on a socket in ASSAY_DATA_DIR",
        help="Broker and cache, as redis://host:6379; uses databases 0 and 1.",
    ),
    Setting(
        name="ELASTICSEARCH_URL",
        shown_default="the embedded index in ASSAY_DATA_DIR",
        help="Elasticsearch 8 or newer, as http://user:password@host:9200.",
    ),
    Setting(
        name="ASSAY_SEARCH_ENGINES",
        shown_default="elasticsearch where ELASTICSEARCH_URL is set, else embedded",
        help="Search engines that are kept up to date, separated by commas; the first one answers.",
    ),
    Setting(
        name="ASSAY_SEARCH_PREFIX",
        default="assay-search",
        help="Prefix of index names in Elasticsearch; each installation needs its own.",
    ),
    Setting(
        name="ASSAY_SEARCH_SEMANTIC",
        default="0",
        help=(
            "1 also ranks the first 50 hits by meaning: needs Elasticsearch as the engine that "
            "answers, `pip install .[semantic]`, and an index built with this setting by "
            "`manage.py rebuild_search_index`."
        ),
    ),
    Setting(
        name="ASSAY_FILES_ROOT",
        shown_default="ASSAY_DATA_DIR/files",
        help="Root folder of the files of output ports: one folder per domain, named by its slug.",
    ),
    Setting(
        name="ASSAY_SHARED_FOLDERS",
        shown_default="none",
        help="Folders of files that a further domain may read, as folder=domain, by commas.",
    ),
    Setting(
        name="ASSAY_MAX_UPLOAD_MB",
        default="200",
        help="Largest file, in megabytes, that people upload for an output port, 1 to 100000.",
    ),
    Setting(
        name="ASSAY_UPLOAD_SNAPSHOTS",
        default="3",
        help="Uploads of a port that are kept, the served one included, 1 to 1000.",
    ),
    Setting(
        name="ASSAY_ALLOWED_NETS",
        shown_default="none; the demo adds its own source",
        help="Private host:port pairs that probes and imports may reach, separated by commas.",
    ),
    Setting(
        name="ASSAY_SQL_DIALECTS",
        shown_default="none; Postgres, MySQL and MariaDB are known",
        help=(
            "Further databases whose schema is read, as type of server=dialect+driver of "
            "SQLAlchemy, by commas; install the driver."
        ),
    ),
    Setting(
        name="ASSAY_EMAIL_URL",
        shown_default="none: mail is written to files in ASSAY_DATA_DIR/mail",
        help="Mail server, as smtp+tls://user:password@host:587.",
    ),
    Setting(
        name="ASSAY_EMAIL_FROM",
        default="Assay <assay@localhost>",
        help="Sender of mail.",
    ),
    Setting(
        name="ASSAY_SECRET_KEY",
        shown_default="generated once in ASSAY_DATA_DIR/secrets",
        help="Key that signs sessions and links, 50 characters or more.",
    ),
    Setting(
        name="ASSAY_SECRET_<NAME>",
        shown_default="none",
        help=(
            "A secret of a data source; its server entry refers to it as `<NAME>`. "
            "ASSAY_SECRET_<NAME>_FOR lists who may use it where, as domain@host:port by commas "
            "(* for every domain)."
        ),
    ),
    Setting(
        name="ASSAY_WEB_PROCESSES",
        shown_default="one for each core, at most 4",
        help="Processes of the web server, 1 to 64.",
    ),
    Setting(
        name="ASSAY_NOTICE_DAYS",
        default="30",
        help="Days for which the former major version of a port is kept after a breaking change, "
        "0 to 3650.",
    ),
    Setting(
        name="ASSAY_ANSWER_DAYS",
        default="90",
        help="Days after publication for which a required provenance answer may stay unknown, "
        "until the inbox of its editors says that it is overdue, 1 to 3650.",
    ),
    Setting(name="ASSAY_WEB_THREADS", default="8", help="Threads of each web process, 1 to 64."),
    Setting(
        name="ASSAY_API_RATE",
        default="1200",
        help=(
            "Requests that one person may make in a minute, with all tokens together: this number "
            "to the API and as many to pages, 1 to 1000000."
        ),
    ),
    Setting(
        name="ASSAY_ANON_RATE",
        default="300",
        help=(
            "Requests that one address may make in a minute without signing in, to the API and as "
            "many to pages, 1 to 1000000."
        ),
    ),
    Setting(
        name="ASSAY_KEEP_CHECKS",
        default="14",
        help="Days for which single checks of ports are kept, 1 to 400; their sums are kept longer."
        " On Postgres 10,000 ports that are checked every minute take 3.2 GB a day.",
    ),
    Setting(
        name="ASSAY_AUDIT_ANCHORS",
        shown_default="ASSAY_DATA_DIR/audit-anchors.jsonl",
        help="File to which the signed head of the audit trail is appended every hour;"
        " best on another machine.",
    ),
    Setting(
        name="ASSAY_AUDIT_ANCHOR_URL",
        shown_default="none",
        help="Address to which each anchor is posted too.",
    ),
    Setting(
        name="ASSAY_EVIDENCE_PERCENT",
        default="25",
        help="Percent of its window that an objective is observed before its verdict, 0 to 100.",
    ),
    Setting(
        name="ASSAY_EVIDENCE_CHECKS",
        default="20",
        help="Checks that must be counted before an objective has a verdict, 1 to 100000.",
    ),
    Setting(
        name="ASSAY_WORKER_PROCESSES",
        default="1",
        help="Processes that run background work, 1 to 64; other queues have their own.",
    ),
    Setting(
        name="ASSAY_LANGUAGE",
        default="en",
        help="Language if none that the browser accepts is available.",
    ),
    Setting(
        name="ASSAY_LOG_LEVEL",
        default="INFO",
        help="Lowest level that is logged: DEBUG, INFO, WARNING or ERROR.",
    ),
    Setting(name="ASSAY_LOG_FORMAT", default="text", help="Format of log lines: text or json."),
    Setting(
        name="ASSAY_STATIC_HASHED",
        default="1",
        help="0 serves styles and scripts directly from their folder, for development.",
    ),
    Setting(
        name="ASSAY_DEBUG",
        default="0",
        help="1 shows tracebacks in the browser; never use it on a server that others can reach.",
    ),
)
