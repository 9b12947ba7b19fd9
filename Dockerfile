# Assay as one image; docker-compose.yml runs it as web server, workers and beat.
FROM python:3.13-slim-bookworm

ENV PYTHONUNBUFFERED=1 \
    ASSAY_DATA_DIR=/data \
    ASSAY_HOST=0.0.0.0 \
    ASSAY_DEMO=0 \
    ASSAY_LOG_FORMAT=json

RUN useradd --create-home --uid 1000 assay && mkdir /data && chown assay:assay /data
WORKDIR /assay
COPY pyproject.toml ./
RUN pip install --no-cache-dir "uv>=0.9" \
    && uv pip install --system --no-cache --compile-bytecode -r pyproject.toml --extra mysql
COPY manage.py ./
COPY config config
COPY catalog catalog
COPY governance governance
COPY demo demo
COPY templates templates
COPY static static
COPY locale locale

USER assay
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "config.webserver"]
