# syntax=docker/dockerfile:1
# One image for all programs of ours:  im serve | im worker | im db upgrade | im ai-service
#   docker build -t im-service .
#   docker run --rm im-service --help
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/im
WORKDIR /srv/im
# The lock first: this layer stays while only our own code changes.
COPY requirements.txt ./
RUN /opt/im/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY alembic ./alembic
COPY ai_service ./ai_service
COPY bench ./bench
COPY im_client ./im_client
COPY app ./app
RUN /opt/im/bin/pip install --no-deps --no-build-isolation -e . \
 && /opt/im/bin/python -m compileall -q -j 0 /opt/im /srv/im

FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --user-group --home-dir /srv/im --shell /usr/sbin/nologin im
COPY --from=build /opt/im /opt/im
COPY --from=build /srv/im /srv/im
# For SQLite alone; with PostgreSQL or MySQL nothing is written to the image's disk.
RUN install -d -o im -g im /srv/im/data
ENV PATH=/opt/im/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    LOG_FORMAT=json
WORKDIR /srv/im
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the service; what else the image runs has its own, or none.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\", timeout=2)"]
ENTRYPOINT ["im"]
CMD ["serve"]
